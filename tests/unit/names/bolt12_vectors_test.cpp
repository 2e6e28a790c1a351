// The public vectors of lightning/bolts (bolt12/): every one has to get the expected verdict.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "names/bolt12.hpp"
#include "names/tlv.hpp"
#include "tests/unit/names/offer_text.hpp"

namespace paynamed::names {
namespace {

class Bolt12Vectors : public testing::Test {
 protected:
  // An empty array when the folder is not there; a folder without the file is a failure.
  boost::json::array load(const std::string& file) {
    const char* variable = std::getenv("PAYNAMED_VECTORS");
    const std::filesystem::path folder = variable ? variable : PAYNAMED_VECTORS;
    if (folder.empty()) return {};
    std::ifstream stream{folder / file};
    EXPECT_TRUE(stream) << "cannot read " << folder / file;
    std::stringstream text;
    text << stream.rdbuf();
    return boost::json::parse(text.str()).as_array();
  }
};

std::string text_of(const boost::json::value& value) {
  return std::string{value.as_string()};
}

TEST_F(Bolt12Vectors, FormatString) {
  const boost::json::array cases = load("bolt12-format-string-test.json");
  if (cases.empty()) GTEST_SKIP() << "set PAYNAMED_VECTORS to the folder of the vectors";
  EXPECT_EQ(cases.size(), 12U);
  for (const boost::json::value& c : cases) {
    const auto offer = parse_offer(text_of(c.at("string")));
    EXPECT_EQ(offer.has_value(), c.at("valid").as_bool())
        << text_of(c.at("comment")) << ": " << (offer ? "" : offer.error().message());
  }
}

TEST_F(Bolt12Vectors, Offers) {
  const boost::json::array cases = load("bolt12-offers-test.json");
  if (cases.empty()) GTEST_SKIP() << "set PAYNAMED_VECTORS to the folder of the vectors";
  EXPECT_EQ(cases.size(), 53U);
  for (const boost::json::value& c : cases) {
    const std::string text = text_of(c.at("bolt12"));
    const auto offer = parse_offer(text);
    EXPECT_EQ(offer.has_value(), c.at("valid").as_bool())
        << text_of(c.at("description")) << ": " << (offer ? "" : offer.error().message());
    if (!offer) continue;
    EXPECT_EQ(offer->text, text);
    // The fields say byte for byte what the offer is.
    std::vector<Field> fields;
    for (const boost::json::value& field : c.at("fields").as_array()) {
      fields.push_back({field.at("type").to_number<std::uint64_t>(), text_of(field.at("hex"))});
    }
    EXPECT_EQ(offer_text(fields), text) << text_of(c.at("description"));
  }
}

TEST_F(Bolt12Vectors, Signature) {
  const boost::json::array cases = load("bolt12-signature-test.json");
  if (cases.empty()) GTEST_SKIP() << "set PAYNAMED_VECTORS to the folder of the vectors";
  EXPECT_EQ(cases.size(), 4U);
  for (const boost::json::value& c : cases) {
    std::vector<std::uint8_t> stream;
    for (const boost::json::value& leaf : c.at("leaves").as_array()) {
      // "H(`LnLeaf`,010203e8)"
      const std::string formula{leaf.as_object().begin()->key()};
      const std::size_t start = formula.find(',') + 1;
      const std::vector<std::uint8_t> record = from_hex(formula.substr(start, formula.size() - 1 - start));
      stream.insert(stream.end(), record.begin(), record.end());
    }
    const auto records = read_tlv_stream(stream);
    ASSERT_TRUE(records) << records.error().message();
    EXPECT_EQ(to_hex(merkle_root(*records)), text_of(c.at("merkle"))) << text_of(c.at("comment"));
  }
}

}  // namespace
}  // namespace paynamed::names
