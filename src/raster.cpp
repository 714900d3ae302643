// Bodies of raster/, data/raster_source/ and inference/: what needs GDAL.
#include <rts/data/raster_source/raster_source.ipp>
#include <rts/data/raster_source/synthetic_dataset.ipp>
#include <rts/data/raster_source/tiling.ipp>
#include <rts/inference/bands.ipp>
#include <rts/inference/drift.ipp>
#include <rts/inference/predict.ipp>
#include <rts/raster/picture.ipp>
#include <rts/raster/polygons.ipp>
#include <rts/raster/raster.ipp>
#include <rts/raster/tiff_blocks.ipp>
