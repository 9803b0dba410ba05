# Everything that holds for each target: language, warnings, hardening, sanitizers, where binaries go.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")

find_program(SKEIN_CCACHE ccache)
if(SKEIN_CCACHE)
    set(CMAKE_C_COMPILER_LAUNCHER "${SKEIN_CCACHE}")
    set(CMAKE_CXX_COMPILER_LAUNCHER "${SKEIN_CCACHE}")
    if(SKEIN_PCH)
        # Without it ccache takes no source that uses a precompiled header.
        set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros
            "${SKEIN_CCACHE}")
    endif()
endif()

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
# Dev: quick to build, line tables for stack traces, assertions on.
set(CMAKE_CXX_FLAGS_DEV "-O1 -g1")
set(CMAKE_C_FLAGS_DEV "-O1 -g1")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_C_FLAGS_RELEASE "-O2 -DNDEBUG")

add_library(skein_options INTERFACE)
target_include_directories(skein_options INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_options(skein_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
    $<$<BOOL:${SKEIN_WERROR}>:-Werror>
    -fstack-protector-strong)
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT SKEIN_SANITIZE)
    target_compile_definitions(skein_options INTERFACE _FORTIFY_SOURCE=2)
endif()
target_link_options(skein_options INTERFACE -Wl,-z,relro,-z,now)
if(SKEIN_SANITIZE)
    target_compile_options(skein_options INTERFACE -fsanitize=${SKEIN_SANITIZE} -fno-omit-frame-pointer
        -fno-sanitize-recover=all)
    target_link_options(skein_options INTERFACE -fsanitize=${SKEIN_SANITIZE})
    if(SKEIN_UNITY)
        # A test's own code is made to be built quickly (12 s instead of 30 s for one with a heavy fixture): what it tests
        # is in the libraries, which have all checks.
        target_compile_options(skein_options INTERFACE
            "$<$<BOOL:$<TARGET_PROPERTY:SKEIN_IS_TEST>>:-O0;-fno-sanitize=undefined>")
    endif()
endif()
if(SKEIN_COVERAGE)
    target_compile_options(skein_options INTERFACE -O0 -fprofile-abs-path
        $<$<BOOL:${SKEIN_CONDITIONS}>:-fcondition-coverage>
        # Only what is looked at: not the tests' own code.
        $<$<NOT:$<BOOL:$<TARGET_PROPERTY:SKEIN_IS_TEST>>>:--coverage>)
    target_link_options(skein_options INTERFACE --coverage)
    # The programs that coverage is measured with.
    add_custom_target(coverage-tests)
endif()

# Boost headers as system headers: their warnings are theirs.
find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
find_package(OpenSSL 1.1.1 REQUIRED)
find_package(SQLiteCpp REQUIRED)
find_package(SQLite3 3.35 REQUIRED) # RETURNING
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_path(SKEIN_EXPECTED_INCLUDE tl/expected.hpp REQUIRED)

# Precompiled headers (SKEIN_PCH): what nearly every source reads anyway. Each kind of target has one that holds it for
# all, since the flags of a user must be those of the holder. Only speed: the release preset builds without.
set(SKEIN_PCH_HEADERS <algorithm> <chrono> <cstdint> <functional> <map> <memory> <optional> <string> <string_view>
    <unordered_map> <utility> <variant> <vector> "${CMAKE_SOURCE_DIR}/core/result.h"
    "${CMAKE_SOURCE_DIR}/protocol/frames.h")
file(WRITE "${CMAKE_BINARY_DIR}/pch.cpp" "int main() {}\n")

# skein_use_pch(TARGET HOLDER [HEADER…]): HOLDER is `library` or `test`; made when it is first asked for.
function(skein_use_pch target holder)
    if(NOT SKEIN_PCH)
        return()
    endif()
    set(name skein_pch_${holder})
    if(NOT TARGET ${name})
        if(holder STREQUAL "library")
            add_library(${name} STATIC "${CMAKE_BINARY_DIR}/pch.cpp")
        else()
            add_executable(${name} "${CMAKE_BINARY_DIR}/pch.cpp")
        endif()
        target_link_libraries(${name} PRIVATE skein_options ${SKEIN_PCH_LIBS_${holder}})
        set_target_properties(${name} PROPERTIES SKEIN_IS_TEST "${SKEIN_PCH_IS_${holder}}")
        target_include_directories(${name} SYSTEM PRIVATE ${SKEIN_EXPECTED_INCLUDE})
        target_precompile_headers(${name} PRIVATE ${SKEIN_PCH_HEADERS} ${ARGN})
    endif()
    target_precompile_headers(${target} REUSE_FROM ${name})
endfunction()

# skein_library(NAME name SOURCES … PUBLIC … PRIVATE …): a static library with the alias Skein::name.
function(skein_library)
    cmake_parse_arguments(ARG "" "NAME" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
    if(NOT ARG_SOURCES)
        add_library(skein_${ARG_NAME} INTERFACE)
        add_library(Skein::${ARG_NAME} ALIAS skein_${ARG_NAME})
        target_link_libraries(skein_${ARG_NAME} INTERFACE skein_options ${ARG_PUBLIC})
        return()
    endif()
    add_library(skein_${ARG_NAME} STATIC ${ARG_SOURCES})
    add_library(Skein::${ARG_NAME} ALIAS skein_${ARG_NAME})
    target_link_libraries(skein_${ARG_NAME} PUBLIC skein_options ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
    skein_use_pch(skein_${ARG_NAME} library)
endfunction()

set(SKEIN_PCH_IS_test ON)
set(SKEIN_PCH_LIBS_test GTest::gtest_main)

# skein_test(NAME tst_x SOURCES … LIBS … [LABELS unit] [TIMEOUT 60]): a GoogleTest program, one CTest test each.
function(skein_test)
    cmake_parse_arguments(ARG "" "NAME;TIMEOUT" "SOURCES;LIBS;LABELS" ${ARGN})
    if(NOT ARG_TIMEOUT)
        set(ARG_TIMEOUT 120)
    endif()
    add_executable(${ARG_NAME} ${ARG_SOURCES})
    target_link_libraries(${ARG_NAME} PRIVATE skein_options ${ARG_LIBS} GTest::gtest_main)
    skein_use_pch(${ARG_NAME} test <gtest/gtest.h>)
    # Each of its sources compiles alone, also where libraries are built in jumbo units: a fixture in an unnamed
    # namespace is no error in a main file only.
    set_target_properties(${ARG_NAME} PROPERTIES UNITY_BUILD OFF)
    set_target_properties(${ARG_NAME} PROPERTIES SKEIN_IS_TEST ON RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
    if(SKEIN_COVERAGE AND NOT "Skein::net" IN_LIST ARG_LIBS AND ARG_LABELS MATCHES "^(unit|property)$")
        add_dependencies(coverage-tests ${ARG_NAME})
        set(ARG_LABELS ${ARG_LABELS} coverage)
    endif()
    add_test(NAME ${ARG_NAME} COMMAND ${ARG_NAME})
    set_tests_properties(${ARG_NAME} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
endfunction()

# skein_tests(PREFIX tst_engine NAMES sync sender … LIBS … LABELS …): tst_sync.cpp … share a fixture that is heavy to
# build. With SKEIN_UNITY they are one source and one program, PREFIX; else one program each, PREFIX_sync ….
function(skein_tests)
    cmake_parse_arguments(ARG "" "PREFIX" "NAMES;LIBS;LABELS" ${ARGN})
    if(SKEIN_UNITY)
        list(TRANSFORM ARG_NAMES REPLACE "(.+)" "tst_\\1.cpp")
        skein_test(NAME ${ARG_PREFIX} SOURCES ${ARG_NAMES} LIBS ${ARG_LIBS} LABELS ${ARG_LABELS})
        set_target_properties(${ARG_PREFIX} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 0)
        return()
    endif()
    foreach(name ${ARG_NAMES})
        skein_test(NAME ${ARG_PREFIX}_${name} SOURCES tst_${name}.cpp LIBS ${ARG_LIBS} LABELS ${ARG_LABELS})
    endforeach()
endfunction()
