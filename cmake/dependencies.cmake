# Everything comes from Debian 12 packages; scripts/setup installs them.

set(Boost_USE_STATIC_LIBS OFF)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Boost 1.81.0 EXACT REQUIRED CONFIG COMPONENTS json url)
find_package(Protobuf REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(EXPAT REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(prometheus-cpp REQUIRED COMPONENTS core)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(LDNS REQUIRED IMPORTED_TARGET ldns)
pkg_check_modules(SECP256K1 REQUIRED IMPORTED_TARGET libsecp256k1)
pkg_check_modules(IDN2 REQUIRED IMPORTED_TARGET libidn2)
pkg_check_modules(TOMLPLUSPLUS REQUIRED IMPORTED_TARGET tomlplusplus)
# libunbound.pc asks for the private packages of a static link; the shared library needs none of them.
find_library(UNBOUND_LIBRARY unbound REQUIRED)
add_library(unbound INTERFACE)
target_link_libraries(unbound INTERFACE ${UNBOUND_LIBRARY})
# gRPC's own targets link the full protobuf, all of Abseil and what gRPC itself needs. A client of LITE messages needs these four,
# and must not take the full runtime with it: two modules that register one file name abort the process.
find_library(GRPCPP_LIBRARY grpc++ REQUIRED)
find_library(GRPC_LIBRARY grpc REQUIRED)
find_library(GPR_LIBRARY gpr REQUIRED)
find_library(ABSL_SYNCHRONIZATION_LIBRARY absl_synchronization REQUIRED)
find_program(PAYNAMED_GRPC_PLUGIN grpc_cpp_plugin REQUIRED)
add_library(paynamed_grpc INTERFACE)
target_link_libraries(paynamed_grpc INTERFACE
  ${GRPCPP_LIBRARY} ${GRPC_LIBRARY} ${GPR_LIBRARY} ${ABSL_SYNCHRONIZATION_LIBRARY} protobuf::libprotobuf-lite Threads::Threads)
target_compile_definitions(paynamed_grpc INTERFACE GRPC_USE_PROTO_LITE)
if(PAYNAMED_TESTS)
  find_package(GTest REQUIRED)
endif()
if(PAYNAMED_BENCH)
  find_package(benchmark REQUIRED)
endif()

# One Boost for everybody: what Asio, DLL, JSON and URL are compiled with.
add_library(paynamed_boost INTERFACE)
target_link_libraries(paynamed_boost INTERFACE Boost::headers Boost::json Boost::url Threads::Threads)
target_compile_definitions(paynamed_boost INTERFACE
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_SEPARATE_COMPILATION BOOST_DLL_USE_STD_FS)

# Public vectors (BOLT 12 from lightning/bolts, BIP-353, AWS's signature suite); the tests over them are skipped without.
set(PAYNAMED_VECTORS "" CACHE PATH "folder with bolt12-offers-test.json and its like")
if(NOT PAYNAMED_VECTORS AND EXISTS ${PROJECT_SOURCE_DIR}/../shared/vectors)
  cmake_path(ABSOLUTE_PATH PROJECT_SOURCE_DIR NORMALIZE OUTPUT_VARIABLE source)
  cmake_path(GET source PARENT_PATH parent)
  set(PAYNAMED_VECTORS ${parent}/shared/vectors CACHE PATH "" FORCE)
endif()
