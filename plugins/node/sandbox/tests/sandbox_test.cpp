#include "sandbox.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <set>

#include "hash.hpp"
#include "paynamed/error.hpp"
#include "support.hpp"

namespace paynamed::sandbox {
namespace {

using testing::bech32_words;
using testing::bytes_of_words;
using ::testing::HasSubstr;
using testing::read_file;
using testing::TemporaryFolder;
using testing::tlv_records;
using testing::write_file;

constexpr std::uint64_t kNow = 1'780'000'000;
constexpr const char* kRegtest = "06226e46111a0b59caaf126043eb5bbf28c34f3a5e332a1fc7b2b73cf188910f";

std::string text_of(const Bytes& bytes) {
  return {bytes.begin(), bytes.end()};
}

std::uint64_t number_of(const Bytes& bytes) {
  std::uint64_t number = 0;
  for (const auto byte : bytes) number = number << 8 | byte;
  return number;
}

class SandboxTest : public ::testing::Test {
 protected:
  SandboxTest() { restart(); }

  Settings settings() const { return {folder_ / "seed", folder_ / "state", {"alpha", "beta"}}; }

  std::unique_ptr<Sandbox> make(Settings settings) {
    return std::make_unique<Sandbox>(
        std::move(settings),
        Sandbox::Surroundings{.now = [this] { return now_; },
                              .random = [] { return Bytes32{42}; },
                              .warn = [this](std::string_view line) { warnings_.emplace_back(line); }});
  }

  // A new process on the same files.
  void restart() {
    sandbox_.reset();
    sandbox_ = make(settings());
    sandbox_->open();
  }

  static proto::CreateOfferRequest offer_request(const std::string& key, const std::string& node = "alpha") {
    proto::CreateOfferRequest request;
    request.mutable_node()->set_node(node);
    request.set_offer_key(key);
    request.set_description("Pay alice");
    request.set_issuer("alice@example.test");
    return request;
  }

  static proto::CreateInvoiceRequest invoice_request(const std::string& key, std::uint64_t amount = 5000) {
    proto::CreateInvoiceRequest request;
    request.mutable_node()->set_node("alpha");
    request.set_invoice_key(key);
    request.set_amount_msat(amount);
    request.set_description("coffee");
    request.set_expiry_seconds(600);
    return request;
  }

  proto::LookupOfferReply lookup(const std::string& key) {
    proto::LookupOfferRequest request;
    request.mutable_node()->set_node("alpha");
    request.set_offer_key(key);
    return sandbox_->lookup_offer(request);
  }

  proto::DisableOfferReply disable(const std::string& id, const std::string& key) {
    proto::DisableOfferRequest request;
    request.mutable_node()->set_node("alpha");
    request.set_offer_id(id);
    request.set_offer_key(key);
    return sandbox_->disable_offer(request);
  }

  void enable(const std::string& id) {
    proto::EnableOfferRequest request;
    request.mutable_node()->set_node("alpha");
    request.set_offer_id(id);
    sandbox_->enable_offer(request);
  }

  proto::FetchInvoiceRequest fetch_request(const std::string& offer, std::uint64_t amount) {
    proto::FetchInvoiceRequest request;
    request.mutable_node()->set_node("beta");
    request.set_offer(offer);
    request.set_amount_msat(amount);
    request.set_payer_note("thanks");
    return request;
  }

  proto::PayReply pay(const std::string& key, const std::string& invoice) {
    proto::PayRequest request;
    request.mutable_node()->set_node("beta");
    request.set_payment_key(key);
    request.set_invoice(invoice);
    return sandbox_->pay(request);
  }

  proto::WatchPaymentsReply watch(const std::string& cursor, std::uint32_t max = 0) {
    proto::WatchPaymentsRequest request;
    request.mutable_node()->set_node("alpha");
    request.set_cursor(cursor);
    request.set_max(max);
    return sandbox_->payments_after(request);
  }

  proto::LookupInvoiceReply lookup_invoice(const std::string& key, const std::string& hash = "") {
    proto::LookupInvoiceRequest request;
    request.mutable_node()->set_node("alpha");
    request.set_invoice_key(key);
    request.set_payment_hash(hash);
    return sandbox_->lookup_invoice(request);
  }

  static Code code_of(const std::function<void()>& action, std::string* message = nullptr) {
    try {
      action();
      return Code::kOk;
    } catch (const Error& error) {
      if (message != nullptr) *message = error.message();
      return error.code();
    }
  }

  TemporaryFolder folder_;
  std::uint64_t now_ = kNow;
  std::vector<std::string> warnings_;
  std::unique_ptr<Sandbox> sandbox_;
};

TEST_F(SandboxTest, an_offer_holds_its_terms_for_regtest_and_is_known_by_its_merkle_root) {
  auto request = offer_request("run1/offer/1");
  request.set_amount_msat(1500);
  request.set_absolute_expiry(kNow + 60);
  const auto reply = sandbox_->create_offer(request);
  ASSERT_TRUE(reply.offer().starts_with("lno1"));
  const auto records = tlv_records(bytes_of_words(bech32_words(reply.offer())));
  EXPECT_EQ(to_hex(records.at(2)), kRegtest);
  EXPECT_EQ(records.at(4).size(), 16U);
  EXPECT_EQ(number_of(records.at(8)), 1500U);
  EXPECT_EQ(text_of(records.at(10)), "Pay alice");
  EXPECT_EQ(number_of(records.at(14)), kNow + 60);
  EXPECT_EQ(text_of(records.at(18)), "alice@example.test");
  EXPECT_EQ(to_hex(records.at(22)), reply.node_id());
  EXPECT_EQ(records.size(), 7U);
  TlvStream stream;
  for (const auto& [type, value] : records) stream.set(type, value);
  EXPECT_EQ(reply.offer_id(), to_hex(stream.merkle_root()));
}

TEST_F(SandboxTest, offers_differ_by_key_and_by_node_and_are_determined_by_both) {
  const auto first = sandbox_->create_offer(offer_request("k1"));
  const auto other_key = sandbox_->create_offer(offer_request("k2"));
  const auto other_node = sandbox_->create_offer(offer_request("k1", "beta"));
  EXPECT_EQ((std::set<std::string>{first.offer(), other_key.offer(), other_node.offer()}).size(), 3U);
  EXPECT_EQ((std::set<std::string>{first.offer_id(), other_key.offer_id(), other_node.offer_id()}).size(),
            3U);
  EXPECT_EQ(first.node_id(), other_key.node_id());
  EXPECT_NE(first.node_id(), other_node.node_id());

  // The keys alone decide: another ledger with the same seed gives the same offer.
  auto elsewhere = settings();
  elsewhere.state_file = folder_ / "other-state";
  const auto second = make(elsewhere);
  second->open();
  EXPECT_EQ(second->create_offer(offer_request("k1")).offer(), first.offer());
}

TEST_F(SandboxTest, the_same_offer_key_gives_the_same_answer_and_one_side_effect_also_after_a_restart) {
  const auto first = sandbox_->create_offer(offer_request("k"));
  disable(first.offer_id(), "");
  const auto size = read_file(folder_ / "state").size();
  for (int attempt = 0; attempt < 2; ++attempt) {
    EXPECT_EQ(sandbox_->create_offer(offer_request("k")).SerializeAsString(), first.SerializeAsString());
    EXPECT_FALSE(lookup("k").active()) << "asking again does not enable";
    EXPECT_EQ(read_file(folder_ / "state").size(), size);
    restart();
  }
}

TEST_F(SandboxTest, an_offer_key_with_other_terms_is_refused) {
  sandbox_->create_offer(offer_request("k"));
  const std::function<void(proto::CreateOfferRequest&)> kChanges[] = {
      [](auto& request) { request.set_description("Pay bob"); },
      [](auto& request) { request.set_issuer("b@c"); }, [](auto& request) { request.set_amount_msat(1); },
      [](auto& request) { request.set_absolute_expiry(kNow + 1); },
      [](auto& request) { request.set_single_use(true); }};
  for (const auto& change : kChanges) {
    auto request = offer_request("k");
    change(request);
    EXPECT_EQ(code_of([&] { sandbox_->create_offer(request); }), Code::kAlreadyExists);
  }
}

TEST_F(SandboxTest, an_expired_offer_is_still_the_answer_to_its_key) {
  auto request = offer_request("k");
  request.set_absolute_expiry(kNow + 10);
  const auto first = sandbox_->create_offer(request);
  now_ = kNow + 20;
  EXPECT_EQ(sandbox_->create_offer(request).offer(), first.offer());
  request.set_offer_key("k2");
  EXPECT_EQ(code_of([&] { sandbox_->create_offer(request); }), Code::kInvalidArgument);
}

TEST_F(SandboxTest, offers_that_bolt_12_forbids_are_refused) {
  const std::function<void(proto::CreateOfferRequest&)> kChanges[] = {
      [](auto& request) { request.clear_offer_key(); },
      [](auto& request) { request.set_offer_key(std::string(513, 'k')); },
      [](auto& request) { request.set_description(std::string(1025, 'd')); },
      [](auto& request) { request.set_issuer(std::string(301, 'i')); },
      [](auto& request) { request.set_amount_msat(kMostMsat + 1); },
      [](auto& request) { request.set_absolute_expiry(kNow); },
      [](auto& request) {
        request.clear_description();
        request.set_amount_msat(1);
      }};
  for (const auto& change : kChanges) {
    auto request = offer_request("k");
    change(request);
    EXPECT_EQ(code_of([&] { sandbox_->create_offer(request); }), Code::kInvalidArgument)
        << request.ByteSizeLong();
  }
  EXPECT_EQ(code_of([&] { lookup("k"); }), Code::kNotFound);
}

TEST_F(SandboxTest, an_offer_is_disabled_by_id_or_key_and_says_whether_that_changed_anything) {
  const auto offer = sandbox_->create_offer(offer_request("k"));
  EXPECT_TRUE(disable(offer.offer_id(), "").changed());
  EXPECT_FALSE(disable(offer.offer_id(), "").changed());
  EXPECT_FALSE(lookup("k").active());
  enable(offer.offer_id());
  EXPECT_TRUE(lookup("k").active());
  EXPECT_TRUE(disable("", "k").changed());
  restart();
  EXPECT_FALSE(lookup("k").active()) << "disabled stays disabled";
  EXPECT_FALSE(disable("", "never made").changed()) << "an unknown key is success: nothing was made";
  EXPECT_FALSE(disable(std::string(64, '0'), "").changed());
  EXPECT_EQ(code_of([&] { disable("", ""); }), Code::kInvalidArgument);
  EXPECT_EQ(code_of([&] { enable(std::string(64, '0')); }), Code::kNotFound);

  sandbox_->create_offer(offer_request("k2"));
  EXPECT_EQ(code_of([&] { disable(offer.offer_id(), "k2"); }), Code::kInvalidArgument)
      << "two different offers";
}

TEST_F(SandboxTest, nodes_are_named_and_the_first_is_the_default) {
  proto::ProvisionRequest request;
  request.set_owner("alice");
  EXPECT_EQ(sandbox_->provision(request).node().node(), "alpha");
  request.mutable_node()->set_node("beta");
  const auto beta = sandbox_->provision(request);
  EXPECT_EQ(beta.node().node(), "beta");
  EXPECT_EQ(sandbox_->provision(request).SerializeAsString(), beta.SerializeAsString());
  proto::NodeInfoRequest asked;
  asked.mutable_node()->set_node("beta");
  const auto info = sandbox_->info(asked);
  EXPECT_EQ(info.node_id(), beta.node_id());
  EXPECT_EQ(info.network(), "regtest");
  EXPECT_THAT(info.explanation(), HasSubstr("no money moves"));
  request.mutable_node()->set_node("gamma");
  std::string message;
  EXPECT_EQ(code_of([&] { sandbox_->provision(request); }, &message), Code::kNotFound);
  EXPECT_THAT(message, HasSubstr("alpha, beta"));
}

TEST_F(SandboxTest, an_invoice_is_signed_by_its_node_and_repeats_by_key) {
  const auto invoice = sandbox_->create_invoice(invoice_request("i1"));
  ASSERT_TRUE(invoice.bolt11().starts_with("lnbcrt50n1")) << invoice.bolt11();
  EXPECT_EQ(invoice.expires_at(), kNow + 600);

  auto words = bech32_words(invoice.bolt11());
  words.resize(words.size() - 6);
  const std::vector<std::uint8_t> signature_words(words.end() - 104, words.end());
  words.resize(words.size() - 104);
  Bytes covered;
  append(covered, view("lnbcrt50n"));
  append(covered, bytes_of_words(std::vector<std::uint8_t>(words.begin(), words.end() - words.size() % 8)));
  // The rest of the words as bytes, filled with zero bits.
  std::vector<std::uint8_t> rest(words.end() - words.size() % 8, words.end());
  const auto rest_bytes = (rest.size() * 5 + 7) / 8;
  rest.resize(8);
  auto filled = bytes_of_words(rest);
  filled.resize(rest_bytes);
  append(covered, filled);
  proto::ProvisionRequest request;
  EXPECT_EQ(to_hex(testing::recovered_key(bytes_of_words(signature_words), sha256({covered}))),
            sandbox_->provision(request).node_id());

  restart();
  EXPECT_EQ(sandbox_->create_invoice(invoice_request("i1")).SerializeAsString(), invoice.SerializeAsString());
  EXPECT_EQ(code_of([&] { sandbox_->create_invoice(invoice_request("i1", 5001)); }), Code::kAlreadyExists);
  EXPECT_NE(sandbox_->create_invoice(invoice_request("i2")).payment_hash(), invoice.payment_hash());
  auto too_long = invoice_request("i3");
  too_long.set_description(std::string(640, 'x'));
  EXPECT_EQ(code_of([&] { sandbox_->create_invoice(too_long); }), Code::kInvalidArgument);
}

TEST_F(SandboxTest, an_invoice_goes_from_unpaid_to_paid_or_expired) {
  const auto paid = sandbox_->create_invoice(invoice_request("paid"));
  const auto left = sandbox_->create_invoice(invoice_request("left"));
  EXPECT_EQ(lookup_invoice("paid").state(), proto::LookupInvoiceReply::UNPAID);
  EXPECT_EQ(pay("p1", paid.bolt11()).payment_hash(), paid.payment_hash());
  now_ = kNow + 601;
  EXPECT_EQ(lookup_invoice("paid").state(), proto::LookupInvoiceReply::PAID);
  EXPECT_EQ(lookup_invoice("paid").received_msat(), 5000U);
  EXPECT_EQ(lookup_invoice("paid").paid_at(), kNow);
  EXPECT_EQ(lookup_invoice("", left.payment_hash()).state(), proto::LookupInvoiceReply::EXPIRED);
  EXPECT_EQ(code_of([&] { pay("p2", left.bolt11()); }), Code::kFailedPrecondition);
  EXPECT_EQ(code_of([&] { lookup_invoice("other"); }), Code::kNotFound);
  EXPECT_EQ(code_of([&] { lookup_invoice("", ""); }), Code::kInvalidArgument);
}

TEST_F(SandboxTest, a_fetched_invoice_mirrors_the_offer_and_is_signed_by_its_node) {
  const auto offer = sandbox_->create_offer(offer_request("k"));
  const auto fetched = sandbox_->fetch_invoice(fetch_request(offer.offer(), 7000), "");
  EXPECT_EQ(fetched.amount_msat(), 7000U);
  ASSERT_TRUE(fetched.invoice().starts_with("lni1"));
  const auto records = tlv_records(bytes_of_words(bech32_words(fetched.invoice())));
  for (const auto& [type, value] : tlv_records(bytes_of_words(bech32_words(offer.offer())))) {
    EXPECT_EQ(records.at(type), value) << type;
  }
  EXPECT_EQ(records.at(0).size(), 32U);
  EXPECT_EQ(to_hex(records.at(80)), kRegtest);
  EXPECT_EQ(number_of(records.at(82)), 7000U);
  EXPECT_EQ(records.at(88).size(), 33U);
  EXPECT_EQ(text_of(records.at(89)), "thanks");
  EXPECT_EQ(to_hex(BytesView(records.at(160)).first(33)), offer.node_id()) << "the path begins at the node";
  EXPECT_EQ(records.at(160)[66], 1) << "one hop";
  EXPECT_EQ(records.at(162).size(), 28U) << "one blinded_payinfo";
  EXPECT_EQ(number_of(records.at(164)), kNow);
  EXPECT_EQ(number_of(records.at(166)), 7200U);
  EXPECT_EQ(records.at(168).size(), 32U);
  EXPECT_EQ(number_of(records.at(170)), 7000U);
  EXPECT_EQ(to_hex(records.at(176)), offer.node_id());
  TlvStream signed_part;
  for (const auto& [type, value] : records) {
    if (type != 240) signed_part.set(type, value);
  }
  EXPECT_TRUE(testing::schnorr_verifies(records.at(240),
                                        tagged_hash("lightninginvoicesignature", {signed_part.merkle_root()}),
                                        records.at(176)));

  const auto another = sandbox_->fetch_invoice(fetch_request(offer.offer(), 7000), "");
  EXPECT_NE(tlv_records(bytes_of_words(bech32_words(another.invoice()))).at(168), records.at(168));
}

TEST_F(SandboxTest, a_fetch_repeats_by_the_key_of_its_call) {
  const auto offer = sandbox_->create_offer(offer_request("k"));
  const auto first = sandbox_->fetch_invoice(fetch_request(offer.offer(), 7000), "f1");
  restart();
  EXPECT_EQ(sandbox_->fetch_invoice(fetch_request(offer.offer(), 7000), "f1").invoice(), first.invoice());
  EXPECT_EQ(code_of([&] { sandbox_->fetch_invoice(fetch_request(offer.offer(), 7001), "f1"); }),
            Code::kAlreadyExists);
  EXPECT_EQ(code_of([&] { sandbox_->fetch_invoice(fetch_request("lno1other", 7000), "f1"); }),
            Code::kAlreadyExists);
  EXPECT_NE(sandbox_->fetch_invoice(fetch_request(offer.offer(), 7000), "f2").invoice(), first.invoice());
}

TEST_F(SandboxTest, invoices_are_given_only_for_offers_that_can_be_paid) {
  auto priced = offer_request("priced");
  priced.set_amount_msat(1000);
  const auto offer = sandbox_->create_offer(priced);
  const auto open_amount = sandbox_->create_offer(offer_request("open"));
  auto short_lived = offer_request("short");
  short_lived.set_absolute_expiry(kNow + 5);
  const auto expiring = sandbox_->create_offer(short_lived);
  const auto fetch = [&](const std::string& text, std::uint64_t amount) {
    return code_of([&] { sandbox_->fetch_invoice(fetch_request(text, amount), ""); });
  };
  EXPECT_EQ(fetch(offer.offer(), 0), Code::kOk);
  EXPECT_EQ(fetch(offer.offer(), 999), Code::kInvalidArgument);
  EXPECT_EQ(fetch(offer.offer(), 1001), Code::kOk);
  EXPECT_EQ(fetch(open_amount.offer(), 0), Code::kInvalidArgument);
  EXPECT_EQ(fetch(open_amount.offer(), kMostMsat + 1), Code::kInvalidArgument);
  auto upper = open_amount.offer();
  for (auto& character : upper) character = static_cast<char>(std::toupper(character));
  EXPECT_EQ(fetch(upper.substr(0, 30) + "+\n " + upper.substr(30), 1), Code::kOk) << "BOLT 12 allows both";
  EXPECT_EQ(fetch("lno1zcss9mk8y3wkklfvevcrszlmu23kfrxh49px20665dqwmn4p72pksese", 1), Code::kInvalidArgument);
  EXPECT_EQ(fetch(expiring.offer(), 1), Code::kOk);
  now_ = kNow + 5;
  EXPECT_EQ(fetch(expiring.offer(), 1), Code::kFailedPrecondition);
  disable("", "open");
  EXPECT_EQ(fetch(open_amount.offer(), 1), Code::kFailedPrecondition);
}

TEST_F(SandboxTest, a_payment_happens_once_by_key_and_is_seen_from_both_ends_also_after_a_restart) {
  const auto offer = sandbox_->create_offer(offer_request("k"));
  const auto fetched = sandbox_->fetch_invoice(fetch_request(offer.offer(), 7000), "");
  const auto paid = pay("p1", fetched.invoice());
  EXPECT_EQ(paid.sent_msat(), 7000U);
  restart();
  EXPECT_EQ(pay("p1", fetched.invoice()).SerializeAsString(), paid.SerializeAsString());
  EXPECT_EQ(code_of([&] { pay("p2", fetched.invoice()); }), Code::kFailedPrecondition) << "paid already";
  EXPECT_EQ(code_of([&] { pay("p1", "lnbcrt1other"); }), Code::kAlreadyExists);
  EXPECT_EQ(code_of([&] { pay("p3", "lnbc1foreign"); }), Code::kInvalidArgument);
  EXPECT_EQ(code_of([&] { pay("", fetched.invoice()); }), Code::kInvalidArgument);

  const auto seen = watch("");
  ASSERT_EQ(seen.payments_size(), 1);
  EXPECT_EQ(seen.payments(0).pay_key(), "1");
  EXPECT_EQ(seen.payments(0).payment_hash(), paid.payment_hash());
  EXPECT_EQ(seen.payments(0).received_msat(), 7000U);
  EXPECT_EQ(seen.payments(0).paid_at(), kNow);
  EXPECT_EQ(seen.payments(0).offer_id(), offer.offer_id());
  EXPECT_EQ(seen.payments(0).payer_note(), "thanks");
  EXPECT_TRUE(lookup("k").used());
  EXPECT_TRUE(lookup("k").active());

  proto::LookupPaymentRequest request;
  request.mutable_node()->set_node("beta");
  request.set_payment_key("p1");
  EXPECT_EQ(sandbox_->lookup_payment(request).state(), proto::LookupPaymentReply::COMPLETE);
  EXPECT_EQ(sandbox_->lookup_payment(request).sent_msat(), 7000U);
  request.clear_payment_key();
  request.set_payment_hash(paid.payment_hash());
  EXPECT_EQ(sandbox_->lookup_payment(request).state(), proto::LookupPaymentReply::COMPLETE);
  request.clear_payment_hash();
  request.set_payment_key("p2");
  EXPECT_EQ(code_of([&] { sandbox_->lookup_payment(request); }), Code::kNotFound);
}

TEST_F(SandboxTest, an_invoice_without_an_amount_cannot_be_paid_by_pay) {
  const auto invoice = sandbox_->create_invoice(invoice_request("i", 0));
  EXPECT_TRUE(invoice.bolt11().starts_with("lnbcrt1"));
  EXPECT_EQ(code_of([&] { pay("p", invoice.bolt11()); }), Code::kInvalidArgument);
}

TEST_F(SandboxTest, a_single_use_offer_is_paid_once) {
  auto request = offer_request("once");
  request.set_single_use(true);
  const auto offer = sandbox_->create_offer(request);
  const auto first = sandbox_->fetch_invoice(fetch_request(offer.offer(), 1), "");
  const auto second = sandbox_->fetch_invoice(fetch_request(offer.offer(), 1), "");
  pay("p1", first.invoice());
  EXPECT_EQ(code_of([&] { pay("p2", second.invoice()); }), Code::kFailedPrecondition);
  EXPECT_EQ(code_of([&] { sandbox_->fetch_invoice(fetch_request(offer.offer(), 1), ""); }),
            Code::kFailedPrecondition);
  EXPECT_EQ(code_of([&] { enable(offer.offer_id()); }), Code::kFailedPrecondition);
  EXPECT_FALSE(sandbox_->simulate_payment(1000, "")) << "nothing is left to pay";
}

TEST_F(SandboxTest, the_cursor_walks_through_all_payments_once) {
  for (int number = 0; number < 5; ++number) {
    const auto key = std::to_string(number);
    pay("p" + key, sandbox_->create_invoice(invoice_request("i" + key)).bolt11());
  }
  std::string cursor;
  std::vector<std::string> keys;
  for (int page = 0; page < 3; ++page) {
    const auto reply = watch(cursor, 2);
    for (const auto& payment : reply.payments()) keys.push_back(payment.invoice_key());
    cursor = reply.next_cursor();
    restart();
  }
  EXPECT_EQ(keys, (std::vector<std::string>{"i0", "i1", "i2", "i3", "i4"}));
  EXPECT_EQ(watch(cursor, 2).payments_size(), 0);
  EXPECT_EQ(watch(cursor, 2).next_cursor(), cursor);
  for (const auto* wrong : {"x", "-1", "1x", " 1", "99999999999999999999"}) {
    EXPECT_EQ(code_of([&] { watch(wrong); }), Code::kInvalidArgument) << wrong;
  }
  EXPECT_EQ(code_of([&] { watch("6"); }), Code::kOutOfRange);
}

TEST_F(SandboxTest, the_simulated_payer_pays_what_is_open_in_turn) {
  EXPECT_FALSE(sandbox_->simulate_payment(1000, "note"));
  auto priced = offer_request("priced");
  priced.set_amount_msat(42);
  const auto offer = sandbox_->create_offer(priced);
  const auto invoice = sandbox_->create_invoice(invoice_request("i", 0));
  const auto disabled = sandbox_->create_offer(offer_request("off"));
  disable(disabled.offer_id(), "");
  for (int payment = 0; payment < 3; ++payment) EXPECT_TRUE(sandbox_->simulate_payment(1000, "note"));
  const auto seen = watch("");
  ASSERT_EQ(seen.payments_size(), 3);
  EXPECT_EQ(seen.payments(0).offer_id(), offer.offer_id());
  EXPECT_EQ(seen.payments(0).received_msat(), 42U);
  EXPECT_EQ(seen.payments(0).payer_note(), "note");
  EXPECT_EQ(seen.payments(0).claimed_name(), priced.issuer()) << "it pays names as wallets do";
  EXPECT_EQ(seen.payments(1).claimed_name(), "");
  EXPECT_EQ(seen.payments(1).invoice_key(), "i");
  EXPECT_EQ(seen.payments(1).received_msat(), 1000U);
  EXPECT_EQ(seen.payments(1).payment_hash(), invoice.payment_hash());
  EXPECT_EQ(seen.payments(2).offer_id(), offer.offer_id()) << "an invoice is paid once, an offer again";
  EXPECT_NE(seen.payments(2).payment_hash(), seen.payments(0).payment_hash());
  EXPECT_EQ(lookup_invoice("i").state(), proto::LookupInvoiceReply::PAID);
}

TEST_F(SandboxTest, addresses_differ_unless_the_call_has_a_key) {
  proto::NewAddressRequest request;
  const auto first = sandbox_->new_address(request, "");
  EXPECT_TRUE(first.address().starts_with("bcrt1p")) << first.address();
  EXPECT_EQ(first.address().size(), 64U);
  restart();
  EXPECT_NE(sandbox_->new_address(request, "").address(), first.address());
  const auto keyed = sandbox_->new_address(request, "a");
  restart();
  EXPECT_EQ(sandbox_->new_address(request, "a").address(), keyed.address());
  EXPECT_NE(sandbox_->new_address(request, "b").address(), keyed.address());
}

TEST_F(SandboxTest, a_torn_last_line_is_cut_off_and_said) {
  sandbox_->create_offer(offer_request("k"));
  sandbox_.reset();
  const auto content = read_file(folder_ / "state");
  write_file(folder_ / "state", content + R"({"offer_made":{"node":"al)");
  restart();
  EXPECT_TRUE(lookup("k").active());
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_THAT(warnings_[0], HasSubstr("incomplete line of 25 bytes"));
}

TEST_F(SandboxTest, a_ledger_of_other_keys_or_without_its_key_file_is_refused_and_nothing_is_made) {
  sandbox_.reset();
  const auto expect_refusal = [&](const std::string& words) {
    const auto sandbox = make(settings());
    std::string message;
    EXPECT_EQ(code_of([&] { sandbox->open(); }, &message), Code::kFailedPrecondition);
    EXPECT_THAT(message, HasSubstr(words));
  };
  const auto seed = read_file(folder_ / "seed");
  write_file(folder_ / "seed", std::string(32, 'x'));
  expect_refusal("is not the one that the state file");
  std::filesystem::remove(folder_ / "seed");
  expect_refusal("is gone");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "seed"));
  const auto mended = make(settings());
  EXPECT_THROW(mended->open(), Error);
  write_file(folder_ / "seed", seed);
  std::filesystem::permissions(folder_ / "seed", std::filesystem::perms::owner_read);
  EXPECT_NO_THROW(mended->open()) << "the next call tries again";
}

TEST_F(SandboxTest, a_ledger_of_a_later_format_is_refused) {
  sandbox_.reset();
  auto content = read_file(folder_ / "state");
  content.replace(content.find("\"format\":1"), 10, "\"format\":2");
  write_file(folder_ / "state", content);
  std::string message;
  const auto sandbox = make(settings());
  EXPECT_EQ(code_of([&] { sandbox->open(); }, &message), Code::kFailedPrecondition);
  EXPECT_THAT(message, HasSubstr("format 2"));
}

TEST_F(SandboxTest, two_instances_on_one_file_are_refused) {
  const auto second = make(settings());
  std::string message;
  EXPECT_EQ(code_of([&] { second->open(); }, &message), Code::kFailedPrecondition);
  EXPECT_THAT(message, HasSubstr("in use by another sandbox"));
}

}  // namespace
}  // namespace paynamed::sandbox
