# Lints the modules as they were built: DIR holds each with its qmldir and type file. Any warning fails.
#
# qmllint 6.4.2 itself crashes now and then at its end, on no file in particular: one process for each file, and a
# crash (a result that is no number) is tried again.
file(GLOB files "${DIR}/Skein/*/*.qml")
list(LENGTH files count)
if(count LESS 30)
    message(FATAL_ERROR "only ${count} QML files below ${DIR}/Skein: is the app built?")
endif()
set(findings "")
foreach(file IN LISTS files)
    foreach(try RANGE 1 5)
        execute_process(COMMAND "${QMLLINT}" -I "${DIR}" --unused-imports warning "${file}"
            RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
        if(result MATCHES "^[0-9]+$" OR output MATCHES "Warning:|Error:")
            break()
        endif()
    endforeach()
    if(NOT result EQUAL 0 OR output MATCHES "Warning:|Error:")
        string(APPEND findings "${file}: ${result}\n${output}")
    endif()
endforeach()
if(findings)
    message(FATAL_ERROR "qmllint:\n${findings}")
endif()
message(STATUS "qmllint: ${count} files, no warning")
