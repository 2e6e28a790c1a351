#include "paynamed/abi.h"

#include <type_traits>

static_assert(std::is_standard_layout_v<pn_module> && std::is_trivial_v<pn_module>);
static_assert(std::is_standard_layout_v<pn_host> && std::is_trivial_v<pn_host>);
static_assert(std::is_same_v<decltype(&paynamed_module), const pn_module* (*)()>);
