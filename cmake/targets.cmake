# The three kinds of target in this tree.

# paynamed_library(names SOURCES a.cpp ... LINK paynamed_base ...): one folder of daemon/, as a static library
# named paynamed_<folder>. Includes are written from daemon/, for example "names/bolt12.hpp".
function(paynamed_library folder)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  set(target paynamed_${folder})
  add_library(${target} STATIC ${ARG_SOURCES})
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/daemon)
  target_link_libraries(${target} PUBLIC ${ARG_LINK} PRIVATE paynamed_warnings)
endfunction()

# paynamed_embed(api ${PROJECT_SOURCE_DIR}/proto/openapi.yaml openapi_document HEADER api/routes.hpp): a text file within
# paynamed_api, as the function std::string_view paynamed::api::openapi_document(), which the header declares.
function(paynamed_embed folder input function)
  cmake_parse_arguments(ARG "" "HEADER" "" ${ARGN})
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${function}.cpp)
  set(script ${PROJECT_SOURCE_DIR}/cmake/embed.cmake)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DINPUT=${input} -DOUTPUT=${output} -DHEADER=${ARG_HEADER} -DNAMESPACE=paynamed::${folder}
            -DFUNCTION=${function} -P ${script}
    DEPENDS ${input} ${script} VERBATIM)
  target_sources(paynamed_${folder} PRIVATE ${output})
endfunction()

# paynamed_test(names_test SOURCES a_test.cpp ... LINK paynamed_names): one gtest binary, each case one ctest case.
function(paynamed_test target)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LINK;LABELS" ${ARGN})
  if(NOT PAYNAMED_TESTS)
    return()
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${target} ${ARG_SOURCES})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/daemon ${PROJECT_SOURCE_DIR})
  target_link_libraries(${target} PRIVATE ${ARG_LINK} GTest::gmock GTest::gtest_main paynamed_warnings)
  include(GoogleTest)
  gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST NO_PRETTY_VALUES TEST_PREFIX ${target}.
    PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
endfunction()

# paynamed_proto(target a.proto ...): LITE C++ code of .proto files of this folder.
function(paynamed_proto target)
  add_library(${target} STATIC)
  set(out ${PROJECT_BINARY_DIR}/proto)
  file(MAKE_DIRECTORY ${out})
  foreach(file ${ARGN})
    string(REGEX REPLACE "\\.proto$" "" stem ${file})
    add_custom_command(
      OUTPUT ${out}/${stem}.pb.cc ${out}/${stem}.pb.h
      COMMAND protobuf::protoc --cpp_out=${out} -I ${CMAKE_CURRENT_SOURCE_DIR} ${file}
      WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
      DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${file} VERBATIM)
    target_sources(${target} PRIVATE ${out}/${stem}.pb.cc ${out}/${stem}.pb.h)
  endforeach()
  target_include_directories(${target} SYSTEM PUBLIC ${out})
  target_link_libraries(${target} PUBLIC protobuf::libprotobuf-lite)
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden)
endfunction()

# paynamed_grpc_client(target a.proto): the same, with the client of the services in the file. gRPC carries LITE messages, too.
function(paynamed_grpc_client target file)
  paynamed_proto(${target} ${file})
  set(out ${PROJECT_BINARY_DIR}/proto)
  string(REGEX REPLACE "\\.proto$" "" stem ${file})
  add_custom_command(
    OUTPUT ${out}/${stem}.grpc.pb.cc ${out}/${stem}.grpc.pb.h
    COMMAND protobuf::protoc --grpc_out=${out} --plugin=protoc-gen-grpc=${PAYNAMED_GRPC_PLUGIN}
      -I ${CMAKE_CURRENT_SOURCE_DIR} ${file}
    WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
    DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${file} VERBATIM)
  target_sources(${target} PRIVATE ${out}/${stem}.grpc.pb.cc ${out}/${stem}.grpc.pb.h)
  target_link_libraries(${target} PUBLIC paynamed_grpc)
endfunction()
