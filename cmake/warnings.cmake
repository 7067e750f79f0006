# Options for our own code, never for third-party source.

option(RESNET_WERROR "warnings are errors" ON)

function(resnet_own_options target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -fno-rtti)
  # A multiplication and an addition stay two roundings, on processors with fused ones too: 8-bit networks give the same bits
  # everywhere (the float kernels are XNNPACK's, which fuses where it can).
  target_compile_options(${target} PRIVATE -ffp-contract=off)
  if(RESNET_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(RESNET_SANITIZE)
    # A finding ends the test; without this it would be a line that nobody reads.
    target_compile_options(${target} PRIVATE -fsanitize=undefined -fno-sanitize-recover=all)
  endif()
  if(RESNET_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)  # counts which code an input reaches
  endif()
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR}/src)
endfunction()

# For src/: errors are values there (base/result.h), and exceptions and RTTI cost wasm size.
function(resnet_core_options target)
  resnet_own_options(${target})
  target_compile_options(${target} PRIVATE -fno-exceptions)
  # Embind would name types through RTTI.
  target_compile_definitions(${target} PRIVATE $<$<BOOL:${EMSCRIPTEN}>:EMSCRIPTEN_HAS_UNBOUND_TYPE_NAMES=0>)
endfunction()

# For tools/: CLI11 reports a wrong command line by exception.
function(resnet_tool_options target)
  resnet_own_options(${target})
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR}/tools)
endfunction()
