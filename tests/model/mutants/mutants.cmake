# Mutants: the true source with one planted mistake, linked in its place. The source itself has no seam for it; a patch that does
# not fit any more ends the build.

# paynamed_mutant(name source): mutants/<name>.patch makes the mistake in a copy of `source`, which is ${mutant_file} then.
macro(paynamed_mutant name source)
  get_filename_component(mutant_base ${source} NAME)
  set(mutant_file ${CMAKE_CURRENT_BINARY_DIR}/mutants/${name}/${mutant_base})
  set(mutant_patch ${CMAKE_CURRENT_SOURCE_DIR}/mutants/${name}.patch)
  add_custom_command(
    OUTPUT ${mutant_file}
    COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR}/${source} -DPATCH=${mutant_patch} -DOUT=${mutant_file}
      -P ${CMAKE_CURRENT_SOURCE_DIR}/mutants/mutate.cmake
    DEPENDS ${PROJECT_SOURCE_DIR}/${source} ${mutant_patch} ${CMAKE_CURRENT_SOURCE_DIR}/mutants/mutate.cmake VERBATIM)
endmacro()

# Passes only when the play finds the mistake, and says this of it.
function(paynamed_mutant_test name program modules finding)
  add_test(NAME payments_model.finds_${name}
    COMMAND ${program} --seeds 1-20 --steps ${steps} --modules ${modules} --expect ${finding})
  set_tests_properties(payments_model.finds_${name} PROPERTIES LABELS model TIMEOUT 900)
endfunction()

# A daemon whose library has the mistake: what is linked first is taken, and nothing of the archive that has the same names.
function(paynamed_daemon_mutant name finding)
  set(program payments_model_${name})
  add_executable(${program} $<TARGET_OBJECTS:payments_model_objects> ${mutant_file})
  target_link_libraries(${program} PRIVATE ${libraries})
  add_dependencies(${program} cln)
  paynamed_mutant_test(${name} ${program} ${PAYNAMED_PLUGIN_OUTPUT_DIRECTORY} ${finding})
endfunction()

# The plugin with the mistake, in a folder of its own.
function(paynamed_cln_mutant name finding)
  get_filename_component(base ${mutant_file} NAME)
  string(REPLACE "." "\\." replaced "/${base}.o")
  set(module cln_${name})
  set(version_script ${PROJECT_SOURCE_DIR}/plugin-api/cmake/module.map)
  add_library(${module} MODULE ${mutant_file} $<FILTER:$<TARGET_OBJECTS:cln_objects>,EXCLUDE,${replaced}$>)
  get_target_property(linked cln LINK_LIBRARIES)
  target_link_libraries(${module} PRIVATE ${linked})
  target_include_directories(${module} PRIVATE ${PROJECT_SOURCE_DIR}/plugins/node/cln)
  target_link_options(${module} PRIVATE -Wl,--version-script=${version_script} -Wl,-z,defs)
  set_target_properties(${module} PROPERTIES
    PREFIX "" SUFFIX ".so" OUTPUT_NAME cln LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/mutants/${name}
    POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON LINK_DEPENDS ${version_script})
  paynamed_mutant_test(${name} payments_model ${CMAKE_CURRENT_BINARY_DIR}/mutants/${name} ${finding})
endfunction()
