# add_unit_test(NAME SOURCES file.. [LIBS target..])
#
# One GoogleTest program, registered with ctest; in a wasm build it runs under Node. Its results go to
# test-results/NAME.json in the build folder, where tools/build/test.mjs counts them. The program sees RESNET_SOURCE_DIR,
# and RESNET_DATA where that is set.
function(add_unit_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
    message(FATAL_ERROR "add_unit_test(${name}): expected SOURCES and LIBS, got '${arg_UNPARSED_ARGUMENTS}'")
  endif()
  add_executable(${name} ${arg_SOURCES})
  resnet_own_options(${name})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE ${arg_LIBS} gtest)
  if(EMSCRIPTEN)
    resnet_wasm_program(${name})
    add_test(NAME ${name} COMMAND ${RESNET_WASM_RUNNER} $<TARGET_FILE:${name}>)
  else()
    add_test(NAME ${name} COMMAND ${name})
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT 900 ENVIRONMENT
    "GTEST_OUTPUT=json:${CMAKE_BINARY_DIR}/test-results/${name}.json;RESNET_SOURCE_DIR=${CMAKE_SOURCE_DIR}")
endfunction()
