skein_test(NAME tst_codecproperties SOURCES tst_codecproperties.cpp
    LIBS Skein::protocol Boost::json skein_rapidcheck LABELS property)
set_tests_properties(tst_codecproperties PROPERTIES ENVIRONMENT "RC_PARAMS=max_success=5000 max_size=40")
