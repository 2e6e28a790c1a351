# cmake -DMODULE=acme.so -DNM=nm -P check_exports.cmake: fails unless the module exports exactly paynamed_module.
execute_process(COMMAND ${NM} -D --defined-only ${MODULE} OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
string(STRIP "${output}" output)
string(REGEX REPLACE "\n" ";" symbols "${output}")
list(LENGTH symbols count)
if(NOT count EQUAL 1 OR NOT output MATCHES " T paynamed_module$")
  message(FATAL_ERROR "${MODULE} must export paynamed_module and nothing else; it exports:\n${output}")
endif()
message(STATUS "${MODULE} exports paynamed_module only")
