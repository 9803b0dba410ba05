# protocol/asyncapi.yaml is written by skein_asyncapi from the codec's description; one test holds it to that, the
# other lets @asyncapi/parser and ajv judge it and the examples.
add_executable(skein_asyncapi asyncapi.cpp)
target_link_libraries(skein_asyncapi PRIVATE skein_options Skein::protocol)
set_target_properties(skein_asyncapi PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
add_test(NAME asyncapi_is_current
    COMMAND skein_asyncapi --check "${CMAKE_SOURCE_DIR}/protocol/asyncapi.yaml")
set_tests_properties(asyncapi_is_current PROPERTIES TIMEOUT 30 LABELS interop)

add_test(NAME asyncapi_is_accepted
    COMMAND "${SKEIN_NODE}" "${CMAKE_CURRENT_SOURCE_DIR}/asyncapi.mjs" "${SKEIN_NPM_DIR}"
        "${CMAKE_SOURCE_DIR}/protocol/asyncapi.yaml" "${CMAKE_SOURCE_DIR}/protocol/schema")
set_tests_properties(asyncapi_is_accepted PROPERTIES TIMEOUT 120 LABELS interop)
