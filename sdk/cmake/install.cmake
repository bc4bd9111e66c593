# What `cmake --install` puts down for people who write plug-ins: headers, static libraries, the CMake package god-sdk,
# pkg-config files, the example, the template and the documents. Included by sdk/CMakeLists.txt.
include(CMakePackageConfigHelpers)
set(god_sdk_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/god-sdk")
set(god_sdk_doc_dir "${CMAKE_INSTALL_DATADIR}/doc/god-sdk")

# god_install_part(TARGET NAME INCLUDE_FOLDER): god::NAME with its headers, in an export of its own, so that what one
# part needs is not asked of those who use another.
function(god_install_part target name headers)
    set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
    install(TARGETS ${target} EXPORT god-${name}-targets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
    install(EXPORT god-${name}-targets NAMESPACE god:: DESTINATION "${god_sdk_package_dir}")
    install(DIRECTORY "${headers}/god" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.h")
endfunction()

# god_install_pc(NAME): NAME.pc, relocatable with its prefix.
file(RELATIVE_PATH GOD_PC_TO_PREFIX "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
string(REGEX REPLACE "/$" "" GOD_PC_TO_PREFIX "${GOD_PC_TO_PREFIX}")
function(god_install_pc name)
    configure_file("${CMAKE_CURRENT_SOURCE_DIR}/cmake/${name}.pc.in" "${CMAKE_BINARY_DIR}/sdk/${name}.pc" @ONLY)
    install(FILES "${CMAKE_BINARY_DIR}/sdk/${name}.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endfunction()

god_install_part(god-sdk-headers sdk "${CMAKE_CURRENT_SOURCE_DIR}/include")
god_install_pc(god-sdk)
god_install_part(god-helpers helpers "${CMAKE_CURRENT_SOURCE_DIR}/helpers/include")
god_install_pc(god-helpers)
if(TARGET god-nn)
    god_install_part(god-nn nn "${CMAKE_CURRENT_SOURCE_DIR}/nn/include")
    god_install_pc(god-nn)
endif()

configure_package_config_file(
    "${CMAKE_CURRENT_SOURCE_DIR}/cmake/god-sdkConfig.cmake.in" "${CMAKE_BINARY_DIR}/sdk/god-sdkConfig.cmake"
    INSTALL_DESTINATION "${god_sdk_package_dir}")
write_basic_package_version_file("${CMAKE_BINARY_DIR}/sdk/god-sdkConfigVersion.cmake" COMPATIBILITY SameMajorVersion)
install(FILES
    "${CMAKE_BINARY_DIR}/sdk/god-sdkConfig.cmake" "${CMAKE_BINARY_DIR}/sdk/god-sdkConfigVersion.cmake"
    "${CMAKE_CURRENT_SOURCE_DIR}/cmake/god-sdk-plugin.cmake" "${CMAKE_CURRENT_SOURCE_DIR}/cmake/god-plugin.version"
    DESTINATION "${god_sdk_package_dir}")

install(DIRECTORY examples/minimal DESTINATION "${CMAKE_INSTALL_DATADIR}/god/examples")
install(DIRECTORY docs/ DESTINATION "${god_sdk_doc_dir}" FILES_MATCHING PATTERN "*.md")
install(FILES CHANGES.md DESTINATION "${god_sdk_doc_dir}")

# The template, and a copy of it where a build folder's own `god plugin new` looks.
install(DIRECTORY templates/plugin DESTINATION "${CMAKE_INSTALL_DATADIR}/god/templates")
file(GLOB_RECURSE god_template_files CONFIGURE_DEPENDS RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}/templates"
     "${CMAKE_CURRENT_SOURCE_DIR}/templates/plugin/*")
foreach(file ${god_template_files})
    configure_file("${CMAKE_CURRENT_SOURCE_DIR}/templates/${file}" "${CMAKE_BINARY_DIR}/share/god/templates/${file}" COPYONLY)
endforeach()
