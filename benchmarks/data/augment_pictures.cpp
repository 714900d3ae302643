// One picture per transform, for docs and eyes: a tile and five draws of it, outlines of its objects in yellow, pixels without data in
// magenta. Usage: augment_pictures DATASET TILE OUT [BANDS]: of the tiles of TILE pixels the one with most positive pixels.
#include <rts/augment/augment_policy.hpp>
#include <rts/augment/objects.hpp>
#include <rts/core/observer.hpp>
#include <rts/data/raster_source/raster_source.hpp>
#include <rts/raster/picture.hpp>

#include <iostream>

using namespace rts;
using namespace rts::augment;

namespace {

struct Scenery {
  Frame frame;
  data::RawTile tile;
  BandSet bands;
  ObjectBank objects;
};

raster::Picture shown(const std::vector<float>& image, const std::vector<std::uint8_t>& label, const std::vector<std::uint8_t>& valid, Frame f, const float low[3], const float high[3]) {
  raster::Picture p(f.width, f.height);
  const auto area = static_cast<std::size_t>(f.height) * static_cast<std::size_t>(f.width);
  std::vector<std::uint8_t> object(area);
  for (std::size_t i = 0; i < area; ++i) {
    for (std::size_t c = 0; c < 3; ++c) p.rgb[3 * i + c] = static_cast<std::uint8_t>(std::clamp(255 * (image[c * area + i] - low[c]) / (high[c] - low[c]), 0.0f, 255.0f));
    if (!valid[i]) p.rgb[3 * i] = 255, p.rgb[3 * i + 1] = 0, p.rgb[3 * i + 2] = 255;
    object[i] = valid[i] && label[i] == 1;
  }
  raster::outline(p, object.data(), 255, 230, 0);
  return p;
}

template <class C>
void picture(const Scenery& s, const std::filesystem::path& out, const std::string& name) {
  const auto area = static_cast<std::size_t>(s.frame.height) * static_cast<std::size_t>(s.frame.width);
  Scratch scratch;
  std::vector<float> image(3 * area);
  std::vector<std::uint8_t> label(area), valid(area);
  raster::Picture sheet(6 * (s.frame.width + 4) - 4, s.frame.height);
  float low[3], high[3];
  for (int k = 0; k < 6; ++k) {
    data::RawTile tile = s.tile;
    Draw draw;
    if (k > 0) {
      Random random(5, 1, static_cast<std::uint64_t>(k), 1);
      C::draw(random, s.frame, draw);
      if (draw.paste.objects > 0) s.objects.paste(draw.paste, tile.type, s.frame, 3, tile.image.data(), tile.label.data(), tile.valid.data());
    }
    apply(draw, {tile.type, tile.image.data(), tile.label.data(), tile.valid.data()}, s.frame, s.bands, scratch, {image.data(), false, label.data(), valid.data()});
    if (k == 0)
      for (std::size_t c = 0; c < 3; ++c) {
        std::vector<float> v(image.begin() + static_cast<std::ptrdiff_t>(c * area), image.begin() + static_cast<std::ptrdiff_t>((c + 1) * area));
        std::sort(v.begin(), v.end());
        low[c] = v[v.size() / 50], high[c] = v[v.size() - v.size() / 50] + 0.5f;
      }
    sheet.paste(shown(image, label, valid, s.frame, low, high), k * (s.frame.width + 4), 0);
  }
  raster::write_png(out / (name + ".png"), sheet);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  Observer silent;
  const int size = std::stoi(argv[2]);
  const data::RasterSource source({.root = argv[1], .bands = {"red", "green", "blue"}, .band_map = argc > 4 ? argv[4] : "", .tile_height = size, .tile_width = size}, silent);
  const data::Dataset& d = source.dataset();
  Scenery s{{size, size}, {}, {}, {}};
  const auto best = std::max_element(d.samples.begin(), d.samples.end(), [](const auto& a, const auto& b) { return a.positives < b.positives; });
  const auto reader = source.reader();
  for (const data::Sample& x : d.samples)
    if (x.positives > 0 && &x != &*best) {
      reader->read(x, s.tile);
      s.objects.add({s.tile.type, s.tile.image.data(), s.tile.label.data(), s.tile.valid.data()}, s.frame, 3);
    }
  reader->read(*best, s.tile);
  for (std::size_t b = 0; b < 3; ++b) {
    s.bands.bands.push_back({static_cast<float>(d.bands[b].scale), static_cast<float>(source.statistics().mean[b]), static_cast<float>(1 / source.statistics().std[b])});
    s.bands.white[b] = static_cast<float>((source.statistics().mean[b] + 3 * source.statistics().std[b]) / d.bands[b].scale);
  }
  s.bands.colours = {0, 1, 2};
  const std::filesystem::path out = argv[3];
  std::filesystem::create_directories(out);
  picture<Chain<Rotate90<{.p = 1}>>>(s, out, "rotate90");
  picture<Chain<FlipHorizontal<{.p = 0.5}>, FlipVertical<{.p = 0.5}>>>(s, out, "flips");
  picture<Chain<ShiftScaleRotate<{.p = 1}>>>(s, out, "shift_scale_rotate");
  picture<Chain<ShiftScaleRotate<{.border = Border::constant, .p = 1}>>>(s, out, "shift_scale_rotate_constant");
  picture<Chain<Elastic<{.alpha = 400, .p = 1}>>>(s, out, "elastic");
  picture<Chain<Shear<{.p = 1}>>>(s, out, "shear");
  picture<Chain<RandomScale<{.limit = 0.4, .p = 1}>>>(s, out, "random_scale");
  picture<Chain<RandomCrop<{.smallest = 48, .largest = 96, .p = 1}>>>(s, out, "random_crop");
  picture<Chain<Brightness<{.p = 1}>>>(s, out, "brightness");
  picture<Chain<Contrast<{.limit = 0.4, .p = 1}>>>(s, out, "contrast");
  picture<Chain<Saturation<{.limit = 0.8, .p = 1}>>>(s, out, "saturation");
  picture<Chain<Hue<{.degrees = 60, .p = 1}>>>(s, out, "hue");
  picture<Chain<Gamma<{.p = 1}>>>(s, out, "gamma");
  picture<Chain<Noise<{.low = 0.1, .high = 0.3, .p = 1}>>>(s, out, "noise");
  picture<Chain<GaussianBlur<{.p = 1}>>>(s, out, "gaussian_blur");
  picture<Chain<MedianBlur<{.p = 1}>>>(s, out, "median_blur");
  picture<Chain<Shadow<{.p = 1}>>>(s, out, "shadow");
  picture<Chain<Clahe<{.p = 1}>>>(s, out, "clahe");
  picture<Chain<CutOut<{.p = 1}>>>(s, out, "cut_out");
  picture<Chain<CopyPaste<{.p = 1}>>>(s, out, "copy_paste");
  picture<Guide>(s, out, "guide_chain");
  std::cout << "21 pictures in " << out.string() << "\n";
}
