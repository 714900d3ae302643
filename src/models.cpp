// Bodies of models/: networks and weight files.
#include <rts/models/decoders/unetplusplus.ipp>
#include <rts/models/encoders/efficientnet.ipp>
#include <rts/models/layers.ipp>
#include <rts/models/library.ipp>
#include <rts/models/network.ipp>
#include <rts/models/verify.ipp>
#include <rts/models/weights/load.ipp>
#include <rts/models/weights/pth.ipp>
#include <rts/models/weights/safetensors.ipp>
