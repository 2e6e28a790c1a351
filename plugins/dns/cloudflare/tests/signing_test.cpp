// Cloudflare's states of DNSSEC in the contract's words.
#include "signing.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace paynamed::cloudflare {
namespace {

using plugin::v1::SigningStatusReply;

TEST(Signing, EachStateOfCloudflare) {
  const std::string ds = R"(,"key_tag":16953,"algorithm":"13","digest_type":"2","digest":"00ffab")";
  const struct {
    std::string status;
    SigningStatusReply::State state;
    int ds;
  } cases[] = {
      {R"("active")" + ds, SigningStatusReply::SIGNING, 1},
      {R"("pending")" + ds, SigningStatusReply::PENDING, 1},
      {R"("pending-disabled")" + ds, SigningStatusReply::SIGNING, 1},
      {R"("disabled","modified_on":"2026-01-01T00:00:00Z")" + ds, SigningStatusReply::SIGNING, 1},
      {R"("disabled","modified_on":null)", SigningStatusReply::UNSIGNED, 0},
      {R"("error")", SigningStatusReply::ERROR, 0},
      {R"("something-new")" + ds, SigningStatusReply::NOT_KNOWN, 0},
      {R"("active","digest":"0g")", SigningStatusReply::SIGNING, 0},
      {R"(7)", SigningStatusReply::NOT_KNOWN, 0},
  };
  for (const auto& each : cases) {
    const auto reply = signing_status_of(boost::json::parse("{\"status\":" + each.status + "}"));
    EXPECT_EQ(reply.state(), each.state) << each.status;
    EXPECT_EQ(reply.ds_size(), each.ds) << each.status;
    EXPECT_FALSE(reply.explanation().empty()) << each.status;
    if (each.ds == 0) continue;
    EXPECT_EQ(reply.ds(0).key_tag(), 16953U);
    EXPECT_EQ(reply.ds(0).algorithm(), 13U);
    EXPECT_EQ(reply.ds(0).digest_type(), 2U);
    EXPECT_EQ(reply.ds(0).digest(), std::string("\x00\xff\xab", 3));
  }
  EXPECT_EQ(signing_status_of(nullptr).state(), SigningStatusReply::NOT_KNOWN);
}

}  // namespace
}  // namespace paynamed::cloudflare
