#pragma once
// Synthetic Arctic scenes: one terrain with relief and drainage, slump-like scars, and confusers of the same colours.
// Everything follows from the seed. Computes planes; writes no file.

#include <rts/core/config.hpp>

#include <cstdint>
#include <vector>

namespace rts::inline RTS_ABI::data {

struct SceneOptions {
  int width = 1024, height = 1024;   ///< pixels
  double pixel_size = 3;             ///< metres
  std::uint64_t seed = 1;
  int tile = 128;                    ///< grid on which the prevalence is stated
  double positive_share = 0.05;      ///< of the grid's tiles that hold a scar
  double confusers = 1;              ///< scale of the bare patches, banks, fire scars, ponds and clouds
  double nodata_border = 0.03;       ///< width of the wedge without data, share of the scene
};

/// Planes in row order. Reflectances and NDVI as numbers, relative elevation in metres, shaded relief 0 to 255.
struct Scene {
  int width = 0, height = 0;
  std::vector<float> red, green, blue, nir, ndvi, relative_elevation, shaded_relief;
  std::vector<std::uint8_t> label;  ///< 1 scar, 0 elsewhere
  std::vector<std::uint8_t> valid;
  int scars = 0;
};

/// Builds one scene. Scars (headwall arc, bare floor, tongue) lie on slopes and face downhill; bare banks and patches have
/// the floor's colours and textures but neither headwall nor tongue, so that colour alone does not find scars.
Scene make_scene(const SceneOptions& options);

}  // namespace rts::inline RTS_ABI::data

#if RTS_HEADER_ONLY
#include <rts/data/synthetic.ipp>
#endif
