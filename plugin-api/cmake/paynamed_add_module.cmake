# paynamed_add_module(acme CONTRACT DnsProvider SOURCES acme.cpp ... LINK ...): builds acme.so, a plugin.
#
#  - acme           the module: hidden symbols, one exported function, no undefined symbol; in
#                   PAYNAMED_PLUGIN_OUTPUT_DIRECTORY and installed to <libdir>/paynamed/plugins
#  - acme_static    the same objects as a static library, for unit tests with <paynamed/testing/test_host.hpp>
#  - acme.exports   a test: the module exports paynamed_module and nothing else

set(PAYNAMED_ADD_MODULE_DIRECTORY ${CMAKE_CURRENT_LIST_DIR} CACHE INTERNAL "")

function(paynamed_add_module name)
  cmake_parse_arguments(ARG "NO_INSTALL;NO_TEST" "CONTRACT;OUTPUT_DIRECTORY" "SOURCES;LINK" ${ARGN})
  if(NOT ARG_SOURCES OR NOT ARG_CONTRACT OR ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "paynamed_add_module(${name}): say CONTRACT and SOURCES; unknown: '${ARG_UNPARSED_ARGUMENTS}'")
  endif()
  if(NOT ARG_OUTPUT_DIRECTORY)
    set(ARG_OUTPUT_DIRECTORY ${PAYNAMED_PLUGIN_OUTPUT_DIRECTORY})
  endif()

  add_library(${name}_objects OBJECT ${ARG_SOURCES})
  set_target_properties(${name}_objects PROPERTIES
    POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden C_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_link_libraries(${name}_objects PUBLIC paynamed_plugin_sdk ${ARG_LINK})
  if(TARGET paynamed_warnings)
    target_link_libraries(${name}_objects PRIVATE paynamed_warnings)
  endif()

  add_library(${name}_static STATIC $<TARGET_OBJECTS:${name}_objects>)
  target_include_directories(${name}_static PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${name}_static PUBLIC paynamed_plugin_sdk ${ARG_LINK})

  set(version_script ${PAYNAMED_ADD_MODULE_DIRECTORY}/module.map)
  add_library(${name} MODULE $<TARGET_OBJECTS:${name}_objects>)
  target_link_libraries(${name} PRIVATE paynamed_plugin_sdk ${ARG_LINK})
  target_link_options(${name} PRIVATE -Wl,--version-script=${version_script} -Wl,-z,defs)
  set_target_properties(${name} PROPERTIES
    PREFIX "" SUFFIX ".so" LINK_DEPENDS ${version_script} PAYNAMED_CONTRACT ${ARG_CONTRACT}
    LIBRARY_OUTPUT_DIRECTORY ${ARG_OUTPUT_DIRECTORY})

  if(NOT ARG_NO_INSTALL)
    include(GNUInstallDirs)
    install(TARGETS ${name} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/paynamed/plugins COMPONENT plugins)
  endif()
  if(NOT ARG_NO_TEST AND (PAYNAMED_TESTS OR BUILD_TESTING))
    add_test(NAME ${name}.exports COMMAND ${CMAKE_COMMAND} -DMODULE=$<TARGET_FILE:${name}> -DNM=${CMAKE_NM}
      -P ${PAYNAMED_ADD_MODULE_DIRECTORY}/check_exports.cmake)
  endif()
endfunction()
