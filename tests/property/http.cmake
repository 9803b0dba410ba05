# Both halves of frames over HTTP against each other, over a way that loses, repeats and delays.
skein_test(NAME tst_httpproperties SOURCES tst_httpproperties.cpp LIBS Skein::engine Skein::net skein_rapidcheck
    LABELS property)
skein_test(NAME tst_breakerproperties SOURCES tst_breakerproperties.cpp LIBS Skein::engine skein_rapidcheck
    LABELS property)
set_tests_properties(tst_httpproperties PROPERTIES ENVIRONMENT "RC_PARAMS=max_success=1000")
