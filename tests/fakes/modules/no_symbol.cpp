// No paynamed_module().
#include "fault.hpp"

int some_other_function();
int some_other_function() {
  return fault::kOk.code;
}
