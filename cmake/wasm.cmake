# Link flags of the WebAssembly programs. How code is compiled: compiler.cmake.

# What every program of ours needs.
function(resnet_wasm_common target)
  target_link_options(${target} PRIVATE
    -sALLOW_MEMORY_GROWTH=1  # a ResNet-152 needs 500 MiB, a ResNet-18 fifty: start small
    -sSTACK_SIZE=1MB         # the default of 64 KiB is less than stb_image's JPEG decoder takes
    -sMALLOC=emmalloc)       # few and large blocks: the smallest allocator will do
endfunction()

# A program for Node: the unit tests. Files and the environment are the machine's own.
function(resnet_wasm_program target)
  resnet_wasm_common(${target})
  target_link_options(${target} PRIVATE
    -sENVIRONMENT=node -sNODERAWFS=1
    -sEXIT_RUNTIME=1              # otherwise the exit status of main is lost
    -sSTACK_OVERFLOW_CHECK=1
    --pre-js=${CMAKE_SOURCE_DIR}/cmake/wasm_test_environment.js)
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${CMAKE_SOURCE_DIR}/cmake/wasm_test_environment.js)
  set_target_properties(${target} PROPERTIES SUFFIX .cjs)
endfunction()

# The module that the package and the page load: an ES module, made with `import create from './NAME.mjs'`.
function(resnet_wasm_module target)
  resnet_wasm_common(${target})
  target_link_libraries(${target} PRIVATE embind)
  target_link_options(${target} PRIVATE
    -sMODULARIZE=1 -sEXPORT_ES6=1
    -sENVIRONMENT=web,worker   # with node in the list the glue holds import('module'), which some bundlers refuse
    -sDYNAMIC_EXECUTION=0      # no eval or new Function: pages with a strict Content-Security-Policy
    -sEMBIND_AOT=1             # which Embind's call wrappers would use otherwise
    -sFILESYSTEM=0)            # bytes come and go through memory
  if(RESNET_WASM_THREADS)
    target_link_options(${target} PRIVATE
      "-sPTHREAD_POOL_SIZE=Module['poolSize']"  # all of them started beforehand: one more could not start while we compute
      -sMAXIMUM_MEMORY=1GB)                       # shared memory is reserved at once, and phones have little to reserve
  endif()
  set_target_properties(${target} PROPERTIES SUFFIX .mjs)
endfunction()

# Node runs what was built for wasm; relaxed SIMD is behind a flag until Node 21, and later ones no longer know the flag.
if(EMSCRIPTEN)
  find_program(RESNET_NODE NAMES node nodejs REQUIRED)
  set(RESNET_WASM_RUNNER ${RESNET_NODE})
  if(RESNET_WASM_RELAXED)
    execute_process(COMMAND ${RESNET_NODE} --experimental-wasm-relaxed-simd -e 0 RESULT_VARIABLE status OUTPUT_QUIET ERROR_QUIET)
    if(status EQUAL 0)
      list(APPEND RESNET_WASM_RUNNER --experimental-wasm-relaxed-simd)
    endif()
  endif()
endif()
