// The cln plugin over gRPC against the strict fake: what is gRPC's own, beyond what every transport has to
// do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <stdexcept>

#include "cln_lab.hpp"

namespace paynamed::nodes {
namespace {

using namespace plugin::v1;
using ::testing::HasSubstr;
using ::testing::Not;
namespace json = boost::json;

class ClnGrpcTest : public ::testing::Test {
 protected:
  template <class ReplyMessage>
  Result<ReplyMessage> call(const std::string& method, const google::protobuf::MessageLite& request) {
    const auto bytes =
        plugin_->call_all({{method, request.SerializeAsString(), "key", std::chrono::seconds(30)}}).at(0);
    if (!bytes.ok()) return bytes.error();
    ReplyMessage reply;
    EXPECT_TRUE(reply.ParseFromString(bytes.value()));
    return reply;
  }
  Result<CreateOfferReply> offer(const std::string& key) {
    CreateOfferRequest request;
    request.set_offer_key(key);
    return call<CreateOfferReply>("CreateOffer", request);
  }
  Result<LookupOfferReply> look_for(const std::string& key) {
    LookupOfferRequest request;
    request.set_offer_key(key);
    return call<LookupOfferReply>("LookupOffer", request);
  }
  // With the keys of `other` in place of the table's own.
  void use(const json::object& other) {
    auto table = table_for(node_, Transport::kGrpc, "");
    for (const auto& [key, value] : other) table[key] = value;
    plugin_ = plugin_for(std::move(table), journal_);
  }
  void fault(const char* method, const char* kind, json::object more = {}) {
    more["method"] = method;
    more["kind"] = kind;
    node_.order(more);
  }
  static json::object secret(const std::string& file) { return {{"file", file}}; }

  fakes::FakeCln node_{"alice", fakes::FakeCln::Doors::kGrpcToo};
  fakes::FakeCln other_{"bob", fakes::FakeCln::Doors::kGrpcToo};
  ClnWorld world_{node_};
  fakes::Journal journal_;
  std::unique_ptr<fakes::HostedPlugin> plugin_ = plugin_for(table_for(node_, Transport::kGrpc, ""), journal_);
};

TEST_F(ClnGrpcTest, EachSideThatIsNotBelievedIsNamed) {
  struct Case {
    json::object table;
    const char* named;
  };
  const std::vector<Case> cases{
      {{{"ca", other_.ca()}}, "\"ca\""},
      {{{"server_name", "node.example"}}, "\"server_name\""},
      {{{"client_certificate", other_.pem("client")}, {"client_key", secret(other_.pem("client-key"))}},
       "does not take our certificate"},
      {{{"client_certificate", node_.pem("expired")}, {"client_key", secret(node_.pem("expired-key"))}},
       "has expired"},
      {{{"client_key", secret(other_.pem("client-key"))}}, "\"client_key\""},
      {{{"client_key", secret(node_.pem("client"))}}, "\"client_key\""},
      {{{"client_certificate", node_.pem("client-key")}}, "\"client_certificate\""},
      {{{"ca", node_.pem("ca-key")}}, "\"ca\""}};
  for (const auto& each : cases) {
    use(each.table);
    const auto made = offer("k");
    ASSERT_FALSE(made.ok()) << each.named;
    EXPECT_EQ(made.code(), Code::kUnauthenticated) << made.error().message();
    EXPECT_THAT(made.error().message(), HasSubstr(each.named));
    // Not the node that is out of reach, but what the operator has to mend.
    EXPECT_EQ(call<NodeInfoReply>("Info", NodeInfoRequest()).code(), Code::kUnauthenticated);
  }
  EXPECT_EQ(world_.offers(), 0U);
}

TEST_F(ClnGrpcTest, AnyNameInTheNodesCertificateWillDo) {
  use({{"server_name", "localhost"}});
  EXPECT_TRUE(offer("k").ok());
}

TEST_F(ClnGrpcTest, GrpcItselfIsSilent) {
  ::testing::internal::CaptureStderr();
  use({{"ca", other_.ca()}});
  EXPECT_FALSE(offer("k").ok());
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), Not(HasSubstr("ssl")));
}

// Somebody listens, and says nothing.
class SilentPort {
 public:
  SilentPort() : file_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(file_, generic, size) != 0 || ::listen(file_, 8) != 0 ||
        ::getsockname(file_, generic, &size) != 0) {
      throw std::runtime_error("no port to be silent at");
    }
    port_ = ntohs(address.sin_port);
  }
  SilentPort(const SilentPort&) = delete;
  SilentPort& operator=(const SilentPort&) = delete;
  ~SilentPort() { ::close(file_); }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  const int file_;
  int port_ = 0;
};

TEST_F(ClnGrpcTest, WhoeverListensAndSaysNothingIsUnavailable) {
  const SilentPort silent;
  use({{"address", silent.address()}, {"timeout", "1s"}});
  EXPECT_EQ(offer("k").code(), Code::kUnavailable);
}

TEST_F(ClnGrpcTest, RenewedCertificatesNeedNoRestart) {
  ASSERT_TRUE(offer("one").ok());
  node_.control("renew");
  const auto made = offer("two");
  EXPECT_TRUE(made.ok()) << made.error().message();
}

TEST_F(ClnGrpcTest, AHandlerThatPanicsLeavesTheOutcomeOpen) {
  fault("offer", "reset");
  const auto made = offer("k");
  EXPECT_EQ(made.code(), Code::kUnknown);
  fault("listoffers", "reset");
  EXPECT_EQ(look_for("k").code(), Code::kUnavailable);
  EXPECT_TRUE(offer("k").ok());
}

TEST_F(ClnGrpcTest, ACallThatHangsEndsWithItsTime) {
  use({{"timeout", "1s"}});
  ASSERT_TRUE(offer("before").ok());
  fault("offer", "hang");
  EXPECT_EQ(offer("k").code(), Code::kUnknown);
  fault("listoffers", "hang");
  EXPECT_EQ(look_for("k").code(), Code::kUnavailable);
  EXPECT_TRUE(offer("k").ok());
}

TEST_F(ClnGrpcTest, AValueThatClnGrpcDoesNotKnowIsSaidToBeThat) {
  CreateInvoiceRequest request;
  request.set_invoice_key("k");
  ASSERT_TRUE(call<CreateInvoiceReply>("CreateInvoice", request).ok());
  fault("listinvoices", "unknown");
  LookupInvoiceRequest looked;
  looked.set_invoice_key("k");
  const auto found = call<LookupInvoiceReply>("LookupInvoice", looked);
  ASSERT_EQ(found.code(), Code::kUnavailable);
  EXPECT_THAT(found.error().message(), HasSubstr("spoils all of it"));
  EXPECT_THAT(found.error().detail(), HasSubstr("settling"));
}

TEST_F(ClnGrpcTest, APaymentWhoseInvoiceIsGoneIsStillOfItsOffer) {
  const auto made = offer("k");
  ASSERT_TRUE(made.ok());
  ASSERT_TRUE(world_.pay_offer(made->offer(), 5'000, "thanks"));
  fault("listinvoices", "empty");
  const auto first = call<WatchPaymentsReply>("WatchPayments", WatchPaymentsRequest());
  ASSERT_TRUE(first.ok()) << first.error().message();
  ASSERT_EQ(first->payments_size(), 1);
  EXPECT_EQ(first->payments(0).offer_id(), made->offer_id());
  EXPECT_EQ(first->payments(0).payer_note(), "");
  const auto again = call<WatchPaymentsReply>("WatchPayments", WatchPaymentsRequest());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->payments(0).payer_note(), "thanks");
}

// As with another module that speaks gRPC: each has its own messages of the same names, and one libgrpc
// serves both.
TEST_F(ClnGrpcTest, TwoModulesWithGrpcWorkInOneProcess) {
  namespace fs = std::filesystem;
  const auto folder = fs::path(node_.ca()).parent_path() / "modules";
  fs::create_directory(folder);
  const auto copy = folder / "cln.so";
  fs::copy_file(CLN_MODULE, copy);
  ASSERT_TRUE(offer("first").ok());
  plugin_ = std::make_unique<fakes::HostedPlugin>(copy, table_for(other_, Transport::kGrpc, ""), journal_);
  ASSERT_TRUE(offer("copy").ok());
  use({});
  EXPECT_TRUE(offer("again").ok());
  EXPECT_EQ(world_.offers(), 2U);
}

}  // namespace
}  // namespace paynamed::nodes
