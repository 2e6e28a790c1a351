// A look-up that hangs keeps nobody longer than was said.
#include "host_lookup.hpp"

#include <gtest/gtest.h>

#include <future>

namespace paynamed::cln {
namespace {

using namespace std::chrono_literals;

TEST(HostLookup, FindsAddresses) {
  HostLookup lookup;
  const auto found = lookup.find("127.0.0.1", "9736", 10s);
  ASSERT_EQ(found.addresses.size(), 1U) << found.why;
  EXPECT_EQ(found.addresses[0].bytes.ss_family, AF_INET);
}

TEST(HostLookup, OneThatHangsIsLeftAlone) {
  std::promise<void> let_go;
  auto gone = let_go.get_future().share();
  HostLookup lookup([gone](const std::string& host, const std::string&) {
    if (host == "hangs") gone.wait();
    return HostLookup::Found{{HostLookup::Address{}}, {}};
  });
  EXPECT_TRUE(lookup.find("hangs", "1", 50ms).addresses.empty());
  // It still hangs: others are told so in their time, too.
  EXPECT_TRUE(lookup.find("other", "1", 50ms).addresses.empty());
  let_go.set_value();
  EXPECT_EQ(lookup.find("other", "1", 30s).addresses.size(), 1U);
}

}  // namespace
}  // namespace paynamed::cln
