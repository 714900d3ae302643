"""rts as a Conan package: headers, CMake package and, with compiled=True, the library that holds the bodies once.

    conan create conan -s build_type=Release -s compiler.cppstd=20

Torch comes from the PyPI wheel (RTS_TORCH_ROOT), GDAL, fmt, Boost.Hana, range-v3, nlohmann-json and CLI11 from the system,
as everywhere in this project: ConanCenter has no LibTorch 2.11, and a second GDAL beside the system's would clash.
"""
import os

from conan import ConanFile
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout
from conan.tools.files import copy


class Rts(ConanFile):
    name = "rts"
    version = "0.1.0"
    package_type = "static-library"
    settings = "os", "compiler", "build_type", "arch"
    options = {"compiled": [True, False]}
    default_options = {"compiled": True}
    generators = "CMakeDeps"

    def export_sources(self):
        root = os.path.join(self.recipe_folder, "..")
        for pattern in ("CMakeLists.txt", "include/*", "src/*", "cmake/*", "LICENSE*"):
            copy(self, pattern, root, self.export_sources_folder)

    def layout(self):
        cmake_layout(self)

    def generate(self):
        toolchain = CMakeToolchain(self)
        for name in ("EXAMPLES", "TESTS", "BENCHMARKS"):
            toolchain.cache_variables[f"RTS_BUILD_{name}"] = False
        toolchain.cache_variables["RTS_INSTALL"] = True
        toolchain.cache_variables["RTS_WITH_CUDA"] = "OFF"
        toolchain.cache_variables["RTS_BUILD_COMPILED"] = bool(self.options.compiled)
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()

    def package_info(self):
        # The installed CMake package says everything; Conan generates none of its own.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs.append(os.path.join("lib", "cmake", "rts"))
