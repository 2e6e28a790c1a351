// Against vectors that Python and the openssl command line made.
#include "signing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <fstream>
#include <iterator>
#include <paynamed/error.hpp>

namespace paynamed::webhook {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string text_in(const boost::json::value& object, const char* key) {
  return std::string(object.at(key).as_string());
}

boost::json::value vectors() {
  std::ifstream file(PAYNAMED_WEBHOOK_VECTORS);
  return boost::json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
}

TEST(Signing, SignsAsOthersDo) {
  const auto all = vectors();
  const std::string private_key = text_in(all, "private_key");
  for (const auto& each : all.at("accepted").as_array()) {
    SCOPED_TRACE(text_in(each, "name"));
    const auto text =
        signed_text(text_in(each, "id"), std::stoll(text_in(each, "timestamp")), text_in(each, "body"));
    const std::string signatures = " " + text_in(each, "signature") + " ";
    EXPECT_THAT(signatures, HasSubstr(" " + sign_hmac(text_in(each, "secret"), text) + " "));
    if (each.at("schemes").as_array().size() > 1) {
      EXPECT_THAT(signatures, HasSubstr(" " + sign_ed25519(private_key, text) + " "));
    }
  }
}

TEST(Signing, KeysThatAreNoneAreRefusedAndNotShown) {
  const std::string twenty_four = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldY";
  EXPECT_NO_THROW(sign_hmac("whsec_" + twenty_four, "text"));
  for (const std::string& bad : std::vector<std::string>{
           "", "whsec_", twenty_four, "whsk_" + twenty_four, "whsec_QUJD", "whsec_" + twenty_four + "=",
           "whsec_" + twenty_four.substr(1), "whsec_" + twenty_four + "\n", "whsec_" + twenty_four + "A===",
           "whsec_****" + twenty_four, "whsec_" + std::string(88, 'A'), "whsec_" + std::string(4000, 'A')}) {
    try {
      sign_hmac(bad, "text");
      ADD_FAILURE() << bad;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::kFailedPrecondition);
      EXPECT_THAT(error.message(), Not(HasSubstr("QUJD")));
    }
  }
}

TEST(Signing, AKeyPairHasToBeOne) {
  const std::string good = text_in(vectors(), "private_key");
  std::string other_half = good;
  other_half[60] = other_half[60] == 'A' ? 'B' : 'A';
  for (const std::string& bad : std::vector<std::string>{"", "whsk_", "whsec_" + good.substr(5),
                                                         good.substr(0, 49), other_half, good + "AAAA"}) {
    try {
      sign_ed25519(bad, "text");
      ADD_FAILURE() << bad;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::kFailedPrecondition) << error.message();
    }
  }
}

}  // namespace
}  // namespace paynamed::webhook
