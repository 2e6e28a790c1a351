#include "base/id.hpp"

#include <gtest/gtest.h>

namespace paynamed::base {
namespace {

const WallTime kNow{std::chrono::milliseconds{0x017F22E279B0}};

TEST(Uuid, Version7CarriesTheTimeVersionAndVariant) {
  SeededRandom random{1};
  const std::string text = Uuid::v7(kNow, random).to_string();
  EXPECT_EQ(text.substr(0, 15), "017f22e2-79b0-7");
  EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos) << text;
}

TEST(Uuid, Version8IsAFunctionOfItsSeed) {
  EXPECT_EQ(Uuid::v8("node/1"), Uuid::v8("node/1"));
  EXPECT_NE(Uuid::v8("node/1"), Uuid::v8("node/2"));
  EXPECT_EQ(Uuid::v8("node/1").to_string()[14], '8');
}

TEST(Uuid, ParsesWhatItPrints) {
  SeededRandom random{2};
  const Uuid id = Uuid::v7(kNow, random);
  EXPECT_EQ(Uuid::parse(id.to_string()), id);
  for (const char* text : {"", "017f22e2", "017f22e2-79b0-7000-8000-00000000000g",
                           "017f22e279b0-7000-8000-00000000000000"}) {
    EXPECT_FALSE(Uuid::parse(text)) << text;
  }
}

}  // namespace
}  // namespace paynamed::base
