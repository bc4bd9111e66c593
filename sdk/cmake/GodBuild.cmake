# How every target of this repository is compiled, and the few functions that keep the CMakeLists.txt files short.

# Sets flags, sanitizers and output folders for the whole build.
function(god_configure_build)
    set(CMAKE_C_STANDARD 17 PARENT_SCOPE)
    set(CMAKE_C_STANDARD_REQUIRED ON PARENT_SCOPE)
    set(CMAKE_C_EXTENSIONS OFF PARENT_SCOPE)
    set(CMAKE_POSITION_INDEPENDENT_CODE ON PARENT_SCOPE)
    set(CMAKE_C_VISIBILITY_PRESET hidden PARENT_SCOPE)
    set(CMAKE_EXPORT_COMPILE_COMMANDS ON PARENT_SCOPE)
    # build/ has the shape of an installed tree, so that programs find each other the same way in both.
    set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin" PARENT_SCOPE)
    set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib" PARENT_SCOPE)
    set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib" PARENT_SCOPE)

    add_compile_definitions(_GNU_SOURCE)
    add_compile_options(
        $<$<COMPILE_LANGUAGE:C>:-Wall> $<$<COMPILE_LANGUAGE:C>:-Wextra> $<$<COMPILE_LANGUAGE:C>:-Wconversion>
        $<$<COMPILE_LANGUAGE:C>:-Wshadow> $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>
        $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes> $<$<COMPILE_LANGUAGE:C>:-Wpointer-arith>
        $<$<COMPILE_LANGUAGE:C>:-Wvla> $<$<COMPILE_LANGUAGE:C>:-fno-math-errno>)
    # No contraction into fused multiply-adds behind our back: the same source gives the same digits everywhere.
    add_compile_options($<$<COMPILE_LANGUAGE:C>:-ffp-contract=off>)
    if(GOD_WARNINGS_ARE_ERRORS)
        add_compile_options($<$<COMPILE_LANGUAGE:C>:-Werror>)
    endif()
    if(GOD_SANITIZE)
        add_compile_options(-fsanitize=${GOD_SANITIZE} -fno-omit-frame-pointer -g)
        add_link_options(-fsanitize=${GOD_SANITIZE})
        if(GOD_SANITIZE MATCHES "undefined")
            add_compile_options(-fno-sanitize-recover=undefined)
        endif()
    endif()
    if(GOD_FUZZ)
        add_compile_options(-fsanitize=fuzzer-no-link)
    endif()
endfunction()

# god_plugin(NAME SOURCES ... [LIBRARIES ...]): one plug-in, lib/god/plugins/NAME.so, exporting god_plugin_entry alone.
function(god_plugin name)
    cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES" ${ARGN})
    add_library(${name} MODULE ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE god-sdk-headers ${arg_LIBRARIES})
    god_plugin_link_options(${name})
    set_target_properties(${name} PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib/god/plugins")
    install(TARGETS ${name} LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}/god/plugins")
endfunction()

# Hidden symbols, nothing undefined, one export.
function(god_plugin_link_options name)
    set(script "${CMAKE_SOURCE_DIR}/sdk/cmake/god-plugin.version")
    set(defs "-Wl,-z,defs")
    if(GOD_SANITIZE)
        set(defs "") # the sanitizer runtime lives in the executable
    endif()
    target_link_options(${name} PRIVATE "-Wl,--version-script=${script}" ${defs})
    set_target_properties(${name} PROPERTIES LINK_DEPENDS "${script}" C_VISIBILITY_PRESET hidden)
endfunction()

# god_check_test(NAME SOURCES ... [LIBRARIES ...] [ARGS ...] [TIMEOUT s]): one Check suite, run by ctest under its name.
# GOD_SOURCE_DIR and GOD_BUILD_DIR are macros in the test; scratch files go to the working directory, which is its own.
function(god_check_test name)
    cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;LIBRARIES;ARGS" ${ARGN})
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 300)
    endif()
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} PkgConfig::CHECK)
    target_compile_definitions(${name} PRIVATE GOD_SOURCE_DIR="${CMAKE_SOURCE_DIR}" GOD_BUILD_DIR="${CMAKE_BINARY_DIR}")
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
    set(work "${CMAKE_BINARY_DIR}/tests/work/${name}")
    file(MAKE_DIRECTORY "${work}")
    add_test(NAME ${name} COMMAND ${name} ${arg_ARGS} WORKING_DIRECTORY "${work}")
    set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT} ENVIRONMENT "CK_DEFAULT_TIMEOUT=120;${GOD_TEST_ENVIRONMENT}")
endfunction()

# god_fuzz_target(NAME SOURCES ... LIBRARIES ... CORPUS dir): LLVMFuzzerTestOneInput in SOURCES. Always built as a plain
# program that replays its corpus (a ctest); with GOD_FUZZ also as a libFuzzer program, tests/fuzz-NAME.
function(god_fuzz_target name)
    cmake_parse_arguments(arg "" "CORPUS" "SOURCES;LIBRARIES" ${ARGN})
    add_executable(replay-${name} ${arg_SOURCES} "${CMAKE_SOURCE_DIR}/tests/fuzz/replay.c")
    target_link_libraries(replay-${name} PRIVATE god-helpers)
    target_link_libraries(replay-${name} PRIVATE ${arg_LIBRARIES})
    set_target_properties(replay-${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
    add_test(NAME fuzz_corpus_${name} COMMAND replay-${name} "${arg_CORPUS}")
    set_tests_properties(fuzz_corpus_${name} PROPERTIES TIMEOUT 120 ENVIRONMENT "${GOD_TEST_ENVIRONMENT}")
    if(GOD_FUZZ)
        add_executable(fuzz-${name} ${arg_SOURCES})
        target_link_libraries(fuzz-${name} PRIVATE ${arg_LIBRARIES})
        target_link_options(fuzz-${name} PRIVATE -fsanitize=fuzzer)
        file(WRITE "${CMAKE_BINARY_DIR}/tests/fuzz-${name}.corpus" "${arg_CORPUS}\n") # for tests/fuzz/run.sh
        set_target_properties(fuzz-${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
    endif()
endfunction()
