# cmake -DSOURCE= -DPATCH= -DOUT= -P mutate.cmake: a copy of SOURCE with the mistake of PATCH in OUT.
get_filename_component(folder ${OUT} DIRECTORY)
file(MAKE_DIRECTORY ${folder})
execute_process(COMMAND patch --quiet --fuzz=0 --reject-file=- --output=${OUT}.new ${SOURCE} ${PATCH} RESULT_VARIABLE failed OUTPUT_VARIABLE said ERROR_VARIABLE said)
if(failed)
  message(FATAL_ERROR "${PATCH} does not fit ${SOURCE} any more. Make it anew: the source with the mistake that its name says, "
    "and nothing else.\n${said}")
endif()
file(RENAME ${OUT}.new ${OUT})
