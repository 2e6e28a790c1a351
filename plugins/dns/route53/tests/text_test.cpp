// Names and TXT values between the daemon's form and Route 53's; what refusals are about.
#include <gtest/gtest.h>

#include "account.hpp"
#include "owner_name.hpp"
#include "refusal.hpp"
#include "txt_value.hpp"
#include "wire_record.hpp"

namespace paynamed::route53 {
namespace {

struct NameCase {
  const char* what;
  const char* master_file;
  const char* route53;
};

TEST(OwnerName, GoesBothWays) {
  for (const NameCase& each : {
           NameCase{"ours", "alice.user._bitcoin-payment.example.com.",
                    "alice.user._bitcoin-payment.example.com."},
           NameCase{"a wildcard", "*.example.com.", "\\052.example.com."},
           NameCase{"a dot in a label", "a\\.b.example.com.", "a\\056b.example.com."},
           NameCase{"a space", "a\\032b.example.com.", "a\\040b.example.com."},
           NameCase{"a byte above ASCII", "\\228.example.com.", "\\344.example.com."},
           NameCase{"a backslash", "\\\\.example.com.", "\\134.example.com."},
           NameCase{"the root", ".", "."},
       }) {
    EXPECT_EQ(to_route53(each.master_file), each.route53) << each.what;
    EXPECT_EQ(to_master_file(each.route53), each.master_file) << each.what;
  }
  EXPECT_EQ(to_route53("Alice.EXAMPLE.com"), "alice.example.com.");
}

TEST(OwnerName, RefusesWhatIsNone) {
  const std::string label(63, 'a');
  for (const std::string& text : {std::string(), std::string(".."), std::string("a..b."), std::string(".a."),
                                  label + "a.com.", label + "." + label + "." + label + "." + label + ".",
                                  std::string("a\\"), std::string("a\\1."), std::string("a\\300.")}) {
    EXPECT_EQ(to_route53(text), std::nullopt) << text;
  }
  EXPECT_EQ(to_master_file("a\\400."), std::nullopt) << "more than a byte";
  EXPECT_TRUE(to_route53(label + "." + label + "." + label + "." + std::string(61, 'a') + "."));
}

TEST(OwnerName, OrderIsThatOfReversedLabels) {
  EXPECT_EQ(order_key("alice.user.example.com."), "com.example.user.alice.");
  EXPECT_LT(order_key("example.com."), order_key("a.example.com."));
  EXPECT_LT(order_key("z.a.example.com."), order_key("a.b.example.com."));
  EXPECT_EQ(order_key("."), "");
}

TEST(OwnerName, ZonesEndAtADot) {
  EXPECT_TRUE(is_in_zone("example.com.", "example.com."));
  EXPECT_TRUE(is_in_zone("a.example.com.", "example.com."));
  EXPECT_FALSE(is_in_zone("myexample.com.", "example.com."));
  EXPECT_FALSE(is_in_zone("com.", "example.com."));
}

TEST(TxtValue, SplitsAt255AndEscapes) {
  EXPECT_EQ(quote_txt("bitcoin:?lno=one"), R"("bitcoin:?lno=one")");
  EXPECT_EQ(quote_txt(""), R"("")");
  EXPECT_EQ(quote_txt("a\"b\\c d"), R"("a\"b\\c d")");
  EXPECT_EQ(quote_txt(std::string("\x00\x1f\x7f\xff", 4)), R"("\000\037\177\377")");
  EXPECT_EQ(quote_txt(std::string(255, 'x')), "\"" + std::string(255, 'x') + "\"");
  EXPECT_EQ(quote_txt(std::string(256, 'x')), "\"" + std::string(255, 'x') + "\" \"x\"");
}

TEST(TxtValue, JoinsWhatOthersWrote) {
  EXPECT_EQ(join_txt(R"("one" "two")"), "onetwo");
  EXPECT_EQ(join_txt(R"("one""two")"), "onetwo");
  EXPECT_EQ(join_txt(R"("\141\"\\")"), "a\"\\");
  EXPECT_EQ(join_txt(R"("")"), "");
  for (const char* wrong : {"", "plain", "\"open", "\"a\" b", "\"\\", "\"\\40\"", "\"\\400\"", "\"\\9\""}) {
    EXPECT_EQ(join_txt(wrong), std::nullopt) << wrong;
  }
  std::string every;
  for (int i = 0; i < 256; ++i) every.push_back(static_cast<char>(i));
  EXPECT_EQ(join_txt(quote_txt(every + every)), every + every);
}

TEST(WireRecord, ConvertsWithTheEscapesOfRoute53) {
  EXPECT_EQ(wire_rdata("A", "192.0.2.1"), std::string("\xc0\x00\x02\x01", 4));
  EXPECT_EQ(wire_rdata("TXT", R"("a\"\344" "b")"), std::string("\x03"
                                                               "a\"\xe4\x01"
                                                               "b"));
  EXPECT_EQ(wire_rdata("MX", "10 mail.example.com."), std::string("\x00\x0a\x04mail\x07"
                                                                  "example\x03"
                                                                  "com\x00",
                                                                  20));
  EXPECT_EQ(wire_rdata("A", "not an address"), std::nullopt);
  EXPECT_EQ(wire_rdata("A", "192.0.2.1\nb. A 192.0.2.2"), std::nullopt);
  EXPECT_EQ(wire_rdata("NOTYPE", "x"), std::nullopt);
  EXPECT_EQ(type_number("TXT"), 16);
  EXPECT_EQ(type_number("HTTPS"), 65);
}

TEST(Refusal, KnowsWhichNameAMessageIsAbout) {
  const std::string message =
      "Tried to create resource record set [name='a.example.com.', type='TXT'] but it already exists";
  EXPECT_TRUE(is_about(message, "a.example.com."));
  EXPECT_FALSE(is_about(message, "example.com.")) << "the end of a longer name";
  EXPECT_FALSE(is_about("... 'TXT aa.example.com.'", "a.example.com."));
  EXPECT_FALSE(is_about("... [name='a.example.com.other.']", "a.example.com."));
  EXPECT_TRUE(is_about("set 'TXT \\052.example.com.'", "\\052.example.com."));
}

TEST(Refusal, KnowsWhatAMessageSays) {
  EXPECT_EQ(reason_of("Tried to create ... but it already exists"), Reason::kConflict);
  EXPECT_EQ(reason_of("Tried to delete ... but it was not found"), Reason::kConflict);
  EXPECT_EQ(reason_of("... but the values provided do not match the current values"), Reason::kConflict);
  EXPECT_EQ(reason_of("RRSet of type TXT with DNS name a. is not permitted because a conflicting RRSet of "
                      "type CNAME with "
                      "the same DNS name already exists in zone b."),
            Reason::kAlias);
  EXPECT_EQ(reason_of("Number of records limit of 10000 exceeded."), Reason::kQuota);
  EXPECT_EQ(reason_of("Invalid Resource Record: ..."), Reason::kOther);
}

TEST(Refusal, BothShapesAreRead) {
  const auto usual = read_refusal(400,
                                  "<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</"
                                  "Code><Message>Rate exceeded</Message></Error></ErrorResponse>");
  EXPECT_TRUE(is_throttled(usual));
  const auto own = read_refusal(400,
                                "<InvalidChangeBatch><Messages><Message>one</Message><Message>two</Message></"
                                "Messages></InvalidChangeBatch>");
  EXPECT_TRUE(is_invalid_batch(own));
  EXPECT_EQ(own.messages, (std::vector<std::string>{"one", "two"}));
  EXPECT_TRUE(is_server_trouble(read_refusal(502, "<html>Bad gateway")));
  EXPECT_EQ(to_error(read_refusal(403, "no XML"), "x").code(), Code::kPermissionDenied);
}

TEST(Account, IsTheSameForAllKeysThatHaveItsNumber) {
  // Made up: the characters behind the prefix are those of one number, with other ones behind.
  EXPECT_EQ(account_hash("AKIAQYLPMN5HAAAAAAAA"), account_hash("ASIAQYLPMN5HBBBBBBBB"));
  EXPECT_NE(account_hash("AKIAQYLPMN5HAAAAAAAA"), account_hash("AKIAJAAAAAAAAAAAAAAA"));
  EXPECT_NE(account_hash("AKIDEXAMPLE"), account_hash("AKIDEXAMPLF"));
  EXPECT_EQ(account_hash("AKIDEXAMPLE").find("AKID"), std::string::npos);
}

}  // namespace
}  // namespace paynamed::route53
