# The native compiler: clang-19 where it is installed (it knows every instruction set that XNNPACK has kernels for), else
# the system's own. CC and CXX in the environment win.
if(NOT DEFINED ENV{CC} AND NOT DEFINED ENV{CXX})
  find_program(RESNET_CLANG clang-19)
  find_program(RESNET_CLANGXX clang++-19)
  if(RESNET_CLANG AND RESNET_CLANGXX)
    set(CMAKE_C_COMPILER ${RESNET_CLANG})
    set(CMAKE_CXX_COMPILER ${RESNET_CLANGXX})
  endif()
endif()
