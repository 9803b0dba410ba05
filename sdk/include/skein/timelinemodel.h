// Public header: see sdk/qt/timelinemodel.h.
#pragma once
#include "sdk/qt/timelinemodel.h"
