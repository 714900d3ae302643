#pragma once
// Model policies: an architecture over an encoder, as types. The networks themselves are in `unetplusplus.hpp` and `encoders/`.

#include <rts/models/concept.hpp>
#include <rts/core/reflect.hpp>

#include <boost/hana/adapt_struct.hpp>

namespace rts::inline RTS_ABI::models {

/// Where an encoder's first weights come from. Files are named at run time (`--encoder-weights FILE`).
enum class Weights { any,
                     imagenet };
constexpr std::string_view to_text(Weights w) { return w == Weights::imagenet ? "imagenet" : "any"; }

/// What happens to the first convolution when weights for 3 channels meet another band count.
/// `cycle` repeats red, green, blue over the bands and scales by 3 / bands (as segmentation_models_pytorch does).
enum class Adapt { none,
                   cycle };
constexpr std::string_view to_text(Adapt a) { return a == Adapt::cycle ? "cycle" : "none"; }

struct EncoderOptions {
  Weights weights = Weights::any;  ///< imagenet: training refuses to start without an encoder file
  Adapt adapt = Adapt::cycle;
  double drop_path = 0.2;  ///< stochastic depth: largest probability of skipping a block, last block
};

/// EfficientNet B0 to B7 (Tan, Le 2019) as in segmentation_models_pytorch 0.6.0 `efficientnet-b*`:
/// batch-norm epsilon 1e-3, TensorFlow-like static padding, squeeze-and-excitation (global).
template <int B, EncoderOptions O = EncoderOptions{}>
struct EfficientNet {
  static constexpr int variant = B;
  static constexpr bool exists = B >= 0 && B <= 7;
  static constexpr bool lite = false;
  static constexpr EncoderOptions options = O;
  static constexpr int stride = 32;         ///< of the deepest features
  static constexpr bool pyramid = true;     ///< features at strides 2, 4, 8, 16, 32
  static constexpr bool is_global = true;   ///< squeeze-and-excitation sees the whole window
  static constexpr std::string_view library_name = "efficientnet-b";
};

/// EfficientNet-Lite 0 to 4 as in `timm-tf_efficientnet_lite*`: batch-norm epsilon 1e-5, symmetric padding,
/// ReLU6, no squeeze-and-excitation, so local.
template <int N, EncoderOptions O = EncoderOptions{}>
struct EfficientNetLite {
  static constexpr int variant = N;
  static constexpr bool exists = N >= 0 && N <= 4;
  static constexpr bool lite = true;
  static constexpr EncoderOptions options = O;
  static constexpr int stride = 32;
  static constexpr bool pyramid = true;
  static constexpr bool is_global = false;
  static constexpr std::string_view library_name = "efficientnet-lite";
};

struct DecoderOptions {
  double dropout = 0;  ///< probability, on the decoder's output before the head; 0 is off
};

/// UNet++ (Zhou et al. 2018) with decoder channels 256, 128, 64, 32, 16 and batch norm.
template <class E, DecoderOptions O = DecoderOptions{}>
struct UnetPlusPlus : PolicyBase {
  using axis = axes::Model;
  using encoder = E;
  static constexpr std::string_view name = "UnetPlusPlus";
  static constexpr bool needs_pyramid = true;
  static constexpr DecoderOptions options = O;

  static std::string library_name() { return "unetplusplus/" + std::string(E::library_name) + std::to_string(E::variant); }
  static Description describe() {
    Description d{"model", "UnetPlusPlus", rts::detail::fields_of(O)};
    Description e{"", std::string(E::library_name) + std::to_string(E::variant), rts::detail::fields_of(E::options)};
    d.children.push_back(std::move(e));
    return d;
  }
};

static_assert(Model<UnetPlusPlus<EfficientNet<7>>> && Encoder<EfficientNetLite<0>>);

}  // namespace rts::inline RTS_ABI::models
BOOST_HANA_ADAPT_STRUCT(rts::models::EncoderOptions, weights, adapt, drop_path);
BOOST_HANA_ADAPT_STRUCT(rts::models::DecoderOptions, dropout);
