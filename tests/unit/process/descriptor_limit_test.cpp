// As many files as the system lets the process open.
#include "process/descriptor_limit.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>

namespace paynamed::process {
namespace {

TEST(DescriptorLimit, IsRaisedAsFarAsItMayBeAndNeverLowered) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit few = before;
  few.rlim_cur = 200;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  raise_descriptor_limit();
  rlimit after{};
  ::getrlimit(RLIMIT_NOFILE, &after);
  EXPECT_EQ(after.rlim_cur, std::min<rlim_t>(before.rlim_max, 1'048'576));
  EXPECT_EQ(after.rlim_max, before.rlim_max);
  raise_descriptor_limit();
  rlimit again{};
  ::getrlimit(RLIMIT_NOFILE, &again);
  EXPECT_EQ(again.rlim_cur, after.rlim_cur);
  ::setrlimit(RLIMIT_NOFILE, &before);
}

}  // namespace
}  // namespace paynamed::process
