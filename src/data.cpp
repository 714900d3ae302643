// Bodies of raster/, data/, samplers/, metrics/ and inference/.
#include <rts/data/dataset.ipp>
#include <rts/data/loader.ipp>
#include <rts/data/raster_source/raster_source.ipp>
#include <rts/data/raster_source/synthetic_dataset.ipp>
#include <rts/data/split.ipp>
#include <rts/data/statistics.ipp>
#include <rts/data/synthetic.ipp>
#include <rts/inference/predict.ipp>
#include <rts/metrics/evaluation.ipp>
#include <rts/metrics/objects.ipp>
#include <rts/raster/picture.ipp>
#include <rts/raster/raster.ipp>
#include <rts/samplers/order.ipp>
