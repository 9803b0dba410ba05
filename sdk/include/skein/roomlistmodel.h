// Public header: see sdk/qt/roomlistmodel.h.
#pragma once
#include "sdk/qt/roomlistmodel.h"
