# Lints the modules as they were built: DIR holds each with its qmldir and type file. Any warning fails.
file(GLOB files "${DIR}/Skein/*/*.qml")
list(LENGTH files count)
if(count LESS 30)
    message(FATAL_ERROR "only ${count} QML files below ${DIR}/Skein: is the app built?")
endif()
execute_process(COMMAND "${QMLLINT}" -I "${DIR}" --unused-imports warning ${files}
    RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT result EQUAL 0 OR output MATCHES "Warning:|Error:")
    message(FATAL_ERROR "qmllint:\n${output}")
endif()
message(STATUS "qmllint: ${count} files, no warning")
