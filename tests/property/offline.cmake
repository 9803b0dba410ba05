skein_test(NAME tst_spanproperties SOURCES tst_spanproperties.cpp LIBS Skein::offline skein_rapidcheck LABELS property)
skein_test(NAME tst_sendqueueproperties SOURCES tst_sendqueueproperties.cpp LIBS Skein::engine skein_rapidcheck
    LABELS property)
