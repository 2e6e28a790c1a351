# How everything is compiled: warnings, sanitizers, ccache, linker.

find_program(PAYNAMED_CCACHE ccache)
if(PAYNAMED_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${PAYNAMED_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${PAYNAMED_CCACHE})
endif()

find_program(PAYNAMED_MOLD mold)
if(PAYNAMED_MOLD AND NOT PAYNAMED_FUZZ)
  add_link_options(-fuse-ld=mold)
endif()

# "address" means address+undefined; "thread" means the race detector.
set(PAYNAMED_SANITIZER "" CACHE STRING "empty, address or thread")
if(PAYNAMED_SANITIZER STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(PAYNAMED_SANITIZER STREQUAL "thread")
  # g++ warns about fences that it cannot instrument; Asio has some.
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer -Wno-tsan)
  add_link_options(-fsanitize=thread)
elseif(PAYNAMED_SANITIZER)
  message(FATAL_ERROR "PAYNAMED_SANITIZER is '${PAYNAMED_SANITIZER}'; it must be empty, address or thread")
endif()

# Fuzzing: every library is instrumented, so that the fuzzer sees its branches; paynamed_fuzzer() adds the driver.
set(PAYNAMED_PLANT_BUGS "" CACHE STRING "fuzz targets whose planted bug is compiled in (scripts/fuzz --planted)")
if(PAYNAMED_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "PAYNAMED_FUZZ needs clang; use the preset: cmake --preset fuzz")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
    -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(PAYNAMED_PLANT_BUGS)
  message(FATAL_ERROR "PAYNAMED_PLANT_BUGS is for fuzz builds only; it breaks the code on purpose")
endif()

# Our own code only; generated code and dependencies are compiled as they are.
add_library(paynamed_warnings INTERFACE)
target_compile_options(paynamed_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Wold-style-cast -Woverloaded-virtual -Wimplicit-fallthrough -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports these inside libstdc++ and Asio at -O2, wrongly (GCC bugs 105329, 105651, 107852).
  target_compile_options(paynamed_warnings INTERFACE -Wno-error=restrict -Wno-restrict
    -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-array-bounds
    $<$<CONFIG:Release>:-Wno-stringop-overread>)
endif()
