// Blocks read directly against GDAL, over layouts, types, compressions and windows; what it must leave to GDAL; damaged files.
#include <rts/core/philox_formula.hpp>
#include <rts/raster/raster.hpp>
#include <rts/raster/tiff_blocks.hpp>

#include <gdal.h>

#include <cstring>
#include <fstream>

#undef CHECK
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

using namespace rts;

namespace {

std::filesystem::path make(const char* name, int width, int height, int bands, GDALDataType type, std::vector<const char*> options) {
  const auto path = std::filesystem::temp_directory_path() / ("rts_tiff_" + std::to_string(::getpid()) + "_" + name + ".tif");
  options.push_back(nullptr);
  raster::initialize();
  const GDALDatasetH d = GDALCreate(GDALGetDriverByName("GTiff"), path.c_str(), width, height, bands, type, const_cast<char**>(options.data()));
  REQUIRE(d);
  Random random(1, 2, static_cast<std::uint64_t>(width * bands));
  std::vector<float> row(static_cast<std::size_t>(width));
  for (int b = 1; b <= bands; ++b)
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) row[static_cast<std::size_t>(x)] = type == GDT_Float32 ? random.uniform() : static_cast<float>((x / 3 + y / 2 + 40 * b + static_cast<int>(random.below(9))) % (type == GDT_Byte ? 256 : 60000));
      REQUIRE(GDALRasterIO(GDALGetRasterBand(d, b), GF_Write, 0, y, width, 1, row.data(), width, 1, GDT_Float32, 0, 0) == CE_None);
    }
  GDALClose(d);
  return path;
}

struct Removed {
  std::filesystem::path path;
  ~Removed() { std::filesystem::remove(path); }
};

}  // namespace

TEST_CASE("direct blocks equal GDAL's pixels") {
  const std::vector<std::vector<const char*>> layouts{
      {"COMPRESS=DEFLATE", "TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=32"}, {"COMPRESS=DEFLATE", "PREDICTOR=2", "TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=64", "INTERLEAVE=BAND"}, {"COMPRESS=DEFLATE", "PREDICTOR=2"}, {"COMPRESS=NONE"}, {"COMPRESS=NONE", "INTERLEAVE=BAND", "TILED=YES", "BLOCKXSIZE=128", "BLOCKYSIZE=128"}, {"COMPRESS=NONE", "BLOCKYSIZE=7", "BIGTIFF=YES"}};
  for (const GDALDataType type : {GDT_Byte, GDT_UInt16, GDT_Float32})
    for (const int bands : {1, 3, 4})
      for (auto layout : layouts) {
        if (type == GDT_Float32) std::erase_if(layout, [](const char* o) { return std::strcmp(o, "PREDICTOR=2") == 0; });
        const Removed file{make("same", 201, 157, bands, type, layout)};
        const auto direct = raster::TiffBlocks::open(file.path);
        REQUIRE(direct);
        const raster::Raster gdal(file.path);
        Random random(3, 3, 3);
        for (int k = 0; k < 12; ++k) {
          const int w = k == 0 ? 201 : 1 + static_cast<int>(random.below(150)), h = k == 0 ? 157 : 1 + static_cast<int>(random.below(100));
          const int x = static_cast<int>(random.below(static_cast<std::uint32_t>(201 - w + 1))), y = static_cast<int>(random.below(static_cast<std::uint32_t>(157 - h + 1)));
          const std::vector<int> order = bands == 1 ? std::vector<int>{1} : k % 2 ? std::vector<int>{1, 2, 3}
                                                                                  : std::vector<int>{bands, 1, 2};
          const std::size_t n = static_cast<std::size_t>(w * h) * order.size();
          for (const PixelType as : {PixelType::u8, PixelType::u16, PixelType::f32}) {
            std::vector<std::byte> a(n * bytes_of(as), std::byte{7}), b(n * bytes_of(as), std::byte{8});
            const bool narrow = as < direct->type();
            CHECK(direct->read(x, y, w, h, order, a.data(), as) == !narrow);
            if (narrow) continue;
            gdal.read(x, y, w, h, order, b.data(), as);
            CHECK(a == b);
          }
        }
        CHECK_FALSE(direct->read(190, 0, 20, 10, {1}, nullptr, PixelType::f32));
      }
}

TEST_CASE("other kinds are left to GDAL") {
  for (const auto& options : {std::vector<const char*>{"COMPRESS=LZW"}, {"COMPRESS=DEFLATE", "PREDICTOR=3"}, {"ENDIANNESS=BIG"}, {"COMPRESS=ZSTD"}}) {
    const Removed file{make("other", 40, 30, 1, GDT_Float32, options)};
    CHECK_FALSE(raster::TiffBlocks::open(file.path));
  }
  const Removed wide{make("wide", 40, 30, 1, GDT_Int16, {})};
  CHECK_FALSE(raster::TiffBlocks::open(wide.path));
  CHECK_FALSE(raster::TiffBlocks::open("/nowhere.tif"));
}

TEST_CASE("a damaged file is refused or read, never more") {
  const Removed file{make("damaged", 80, 70, 3, GDT_Byte, {"COMPRESS=DEFLATE", "PREDICTOR=2", "TILED=YES", "BLOCKXSIZE=32", "BLOCKYSIZE=32"})};
  std::ifstream in(file.path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  const Removed copy{file.path.string() + ".damaged"};
  Random random(5, 5, 5);
  std::vector<std::uint8_t> out(80 * 70 * 3);
  int refused = 0;
  for (int k = 0; k < 3000; ++k) {
    std::string bad = bytes;
    if (k % 3 == 0) bad.resize(random.below(static_cast<std::uint32_t>(bytes.size())));
    else
      for (int j = 0; j < 1 + k % 4; ++j) bad[random.below(k % 2 ? 600 : static_cast<std::uint32_t>(bytes.size()))] = static_cast<char>(random.bits());
    std::ofstream(copy.path, std::ios::binary | std::ios::trunc) << bad;
    const auto t = raster::TiffBlocks::open(copy.path);
    if (!t || t->width() != 80 || t->height() != 70 || !t->read(0, 0, 80, 70, {1, 2, 3}, out.data(), PixelType::u8)) ++refused;
  }
  CHECK(refused > 1000);
  CHECK(refused < 3000);
}
