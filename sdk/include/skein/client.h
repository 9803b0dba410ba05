// Public header: see sdk/qt/client.h.
#pragma once
#include "sdk/qt/client.h"
