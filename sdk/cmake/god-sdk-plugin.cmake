# god_add_plugin(NAME SOURCES file ... [LIBRARIES target ...]): builds one plug-in, NAME.so, in the current binary folder.
#
# The shared object hides every symbol but god_plugin_entry and leaves none undefined, which is what the host asks for.
# Link god::helpers or god::nn through LIBRARIES. Part of the installed package god-sdk; inside its own repository it
# is included directly.
set(GOD_SDK_VERSION_SCRIPT "${CMAKE_CURRENT_LIST_DIR}/god-plugin.version")

# Inside the repository the targets have other names.
foreach(pair "sdk;god-sdk-headers" "helpers;god-helpers" "nn;god-nn")
    list(GET pair 0 short)
    list(GET pair 1 target)
    if(NOT TARGET god::${short} AND TARGET ${target})
        add_library(god::${short} ALIAS ${target})
    endif()
endforeach()

function(god_add_plugin name)
    cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES" ${ARGN})
    if(NOT arg_SOURCES OR arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "god_add_plugin(${name} SOURCES file ... [LIBRARIES target ...])")
    endif()
    set(defs "-Wl,-z,defs")
    if(GOD_SANITIZE)
        set(defs "") # the sanitizer runtime lives in the executable
    endif()
    add_library(${name} MODULE ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE god::sdk ${arg_LIBRARIES})
    target_link_options(${name} PRIVATE "-Wl,--version-script=${GOD_SDK_VERSION_SCRIPT}" ${defs})
    set_target_properties(${name} PROPERTIES
        PREFIX "" C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden
        LINK_DEPENDS "${GOD_SDK_VERSION_SCRIPT}" LIBRARY_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}")
endfunction()
