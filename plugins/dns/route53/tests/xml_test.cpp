// Answers as XML: what is read, and what hostile ones do not achieve.
#include "xml.hpp"

#include <gtest/gtest.h>

#include "messages.hpp"

namespace paynamed::route53 {
namespace {

TEST(Xml, IsReadAsATree) {
  const auto root = read_xml(
      R"(<?xml version="1.0"?><a xmlns="u"><b>one &amp; &#x74;wo</b><c/><n:b xmlns:n="v">x<![CDATA[<y>]]></n:b></a>)");
  ASSERT_TRUE(root.ok()) << root.error().message();
  EXPECT_EQ(root->name, "a");
  EXPECT_EQ(root->text_of("b"), "one & two");
  EXPECT_EQ(root->children.at(2).text, "x<y>");
  EXPECT_EQ(root->child("d"), nullptr);
  EXPECT_EQ(root->text_of("d"), "");
}

std::string nested(std::size_t levels) {
  std::string text;
  for (std::size_t i = 0; i < levels; ++i) text += "<a>";
  for (std::size_t i = 0; i < levels; ++i) text += "</a>";
  return text;
}

TEST(Xml, HostileDocumentsAreRefused) {
  std::string many = "<a>";
  for (std::size_t i = 0; i < kMaxElements; ++i) many += "<b/>";
  many += "</a>";
  const std::pair<const char*, std::string> cases[] = {
      {"nothing", ""},
      {"text", "Bad gateway"},
      {"not closed", "<a><b></b>"},
      {"two roots", "<a/><b/>"},
      {"a document type", "<!DOCTYPE a><a/>"},
      {"entities that multiply",
       R"(<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><a>&c;</a>)"},
      {"an entity from a file", R"(<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>)"},
      {"an entity that is not known", "<a>&b;</a>"},
      {"too deep", nested(kMaxDepth + 1)},
      {"too many elements", many},
      {"bytes that are no UTF-8", "<a>\xff\xfe</a>"},
      {"a NUL", std::string("<a>\0</a>", 8)},
  };
  for (const auto& [what, document] : cases) {
    const auto root = read_xml(document);
    EXPECT_FALSE(root.ok()) << what;
    EXPECT_EQ(root.code(), Code::kDataLoss) << what;
  }
  EXPECT_TRUE(read_xml(nested(kMaxDepth)).ok());
}

TEST(Messages, AnswersThatLackSomethingAreRefused) {
  const auto page = [](const std::string& inner) {
    return read_list_page(
        read_xml("<ListResourceRecordSetsResponse>" + inner + "</ListResourceRecordSetsResponse>").value());
  };
  const std::string set = "<ResourceRecordSet><Name>a.</Name><Type>TXT</Type></ResourceRecordSet>";
  EXPECT_FALSE(page("").ok());
  EXPECT_FALSE(page("<ResourceRecordSets/>").ok()) << "whether it goes on is not said";
  EXPECT_FALSE(
      page("<ResourceRecordSets><ResourceRecordSet/></ResourceRecordSets><IsTruncated>false</IsTruncated>")
          .ok());
  EXPECT_FALSE(
      page("<ResourceRecordSets>" + set + "</ResourceRecordSets><IsTruncated>true</IsTruncated>").ok());
  EXPECT_FALSE(
      page("<ResourceRecordSets/><IsTruncated>true</IsTruncated><NextRecordName>a.</NextRecordName>").ok())
      << "a page without records would go on for ever";
  EXPECT_TRUE(
      page("<ResourceRecordSets>" + set + "</ResourceRecordSets><IsTruncated>false</IsTruncated>").ok());
  EXPECT_FALSE(read_change_info(read_xml("<a/>").value()).ok());
  EXPECT_FALSE(read_hosted_zone(read_xml("<a><HostedZone/></a>").value()).ok());
}

TEST(Messages, ValuesCannotLeaveTheirElement) {
  Change change{Action::kCreate, {}};
  change.set = {"a.example.com.", "TXT", "", 60, {R"("</Value><Value>&")"}};
  const std::string xml = change_request({&change});
  const auto root = read_xml(xml);
  ASSERT_TRUE(root.ok());
  const Element* set =
      root->child("ChangeBatch")->child("Changes")->child("Change")->child("ResourceRecordSet");
  EXPECT_EQ(set->child("ResourceRecords")->child("ResourceRecord")->text_of("Value"),
            R"("</Value><Value>&")");
  EXPECT_LT(xml.find("<Action>"), xml.find("<Name>"));
  EXPECT_LT(xml.find("<Type>"), xml.find("<TTL>"));
}

TEST(Messages, PrefixesOfIdsAreStripped) {
  EXPECT_EQ(without_prefix("/hostedzone/Z1"), "Z1");
  EXPECT_EQ(without_prefix("/change/C1"), "C1");
  EXPECT_EQ(without_prefix("Z1"), "Z1");
}

}  // namespace
}  // namespace paynamed::route53
