// Bodies of optim/, train/ and study/.
#include <rts/optim/optimizer.ipp>
#include <rts/study/regression.ipp>
#include <rts/train/checkpoint.ipp>
#include <rts/train/class_pixels.ipp>
#include <rts/train/device_stage.ipp>
#include <rts/train/engine.ipp>
#include <rts/train/evaluate.ipp>
#include <rts/train/plan.ipp>
#include <rts/train/predictor.ipp>
#include <rts/train/stage.ipp>
