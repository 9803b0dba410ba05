# The npm client `ws` against the real server.
if(SKEIN_NODE)
    add_test(NAME interop_ws
        COMMAND "${CMAKE_COMMAND}" -E env "SKEIN_NODE_MODULES=${SKEIN_NPM_DIR}"
            "${SKEIN_NODE}" "${CMAKE_CURRENT_SOURCE_DIR}/ws_client.mjs" "$<TARGET_FILE:skein-server>")
    # Without the packages (tools/install-npm) it fails.
    set_tests_properties(interop_ws PROPERTIES TIMEOUT 120 LABELS interop)
endif()
