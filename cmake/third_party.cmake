# Targets for the third-party sources that third-party.json pins and tools/build/setup.mjs lays out in build/third_party.
# All are built without our warnings; an include of theirs is a system include.

set(RESNET_THIRD_PARTY_DIR ${CMAKE_CURRENT_SOURCE_DIR}/build/third_party)

file(READ ${CMAKE_CURRENT_LIST_DIR}/third-party.json third_party_pins)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/third-party.json)
string(JSON third_party_count LENGTH ${third_party_pins})
math(EXPR third_party_last "${third_party_count} - 1")
foreach(index RANGE ${third_party_last})
  string(JSON name GET ${third_party_pins} ${index} name)
  if(NOT EXISTS ${RESNET_THIRD_PARTY_DIR}/${name})
    message(FATAL_ERROR "build/third_party/${name} is missing: run 'npm run setup' first")
  endif()
endforeach()

add_library(stb INTERFACE)
target_include_directories(stb SYSTEM INTERFACE ${RESNET_THIRD_PARTY_DIR}/stb)

add_library(yyjson STATIC ${RESNET_THIRD_PARTY_DIR}/yyjson/src/yyjson.c)
resnet_small(yyjson)
target_include_directories(yyjson SYSTEM PUBLIC ${RESNET_THIRD_PARTY_DIR}/yyjson/src)
# Off: comments and NaN in JSON, which no format of ours allows, helpers that are not called, and tables for quick
# conversion of numbers (11 kB that no compression makes smaller; strtod rounds as well).
target_compile_definitions(yyjson PUBLIC YYJSON_DISABLE_NON_STANDARD=1 YYJSON_DISABLE_UTILS=1 YYJSON_DISABLE_FAST_FP_CONV=1)

if(NOT EMSCRIPTEN)
  set(zlib ${RESNET_THIRD_PARTY_DIR}/zlib)
  set(zip ${zlib}/contrib/minizip)
  add_library(minizip STATIC ${zip}/unzip.c ${zip}/ioapi.c ${zlib}/adler32.c ${zlib}/crc32.c ${zlib}/inffast.c
    ${zlib}/inflate.c ${zlib}/inftrees.c ${zlib}/zutil.c)
  target_include_directories(minizip SYSTEM PUBLIC ${zip} ${zlib})
  # The fseek family is 64-bit on every system that we build for; without this, ioapi.h asks for fopen64 and the like.
  target_compile_definitions(minizip PUBLIC USE_FILE32API NOUNCRYPT)
  # Old C: functions without prototypes are declared by the platform headers that zlib includes only after its configure.
  target_compile_definitions(minizip PRIVATE HAVE_UNISTD_H)

  # Libraries of the system: they parse what users bring, so that their security updates should come with the system's.
  find_package(Protobuf REQUIRED)
  find_package(HDF5 REQUIRED COMPONENTS C)
  add_library(hdf5 INTERFACE)
  target_include_directories(hdf5 SYSTEM INTERFACE ${HDF5_INCLUDE_DIRS})
  target_compile_definitions(hdf5 INTERFACE ${HDF5_DEFINITIONS})
  target_link_libraries(hdf5 INTERFACE ${HDF5_C_LIBRARIES})
  target_link_options(hdf5 INTERFACE -Wl,--as-needed)  # the list has curl and more, which a static libhdf5 would want

  add_library(cli11 INTERFACE)
  target_include_directories(cli11 SYSTEM INTERFACE ${RESNET_THIRD_PARTY_DIR}/cli11/include)
endif()

# Straight from its "all" files: its own CMake project would set flags and options for ours.
set(gtest ${RESNET_THIRD_PARTY_DIR}/googletest)
add_library(gtest STATIC EXCLUDE_FROM_ALL ${gtest}/googletest/src/gtest-all.cc ${gtest}/googlemock/src/gmock-all.cc
  ${gtest}/googlemock/src/gmock_main.cc)
target_include_directories(gtest SYSTEM PUBLIC ${gtest}/googletest/include ${gtest}/googlemock/include)
target_include_directories(gtest PRIVATE ${gtest}/googletest ${gtest}/googlemock)
if(EMSCRIPTEN AND NOT RESNET_WASM_THREADS)
  target_compile_definitions(gtest PUBLIC GTEST_HAS_PTHREAD=0)
else()
  find_package(Threads REQUIRED)
  target_link_libraries(gtest PUBLIC Threads::Threads)
endif()
