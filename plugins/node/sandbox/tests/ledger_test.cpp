#include "ledger.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <csignal>

#include "paynamed/error.hpp"
#include "support.hpp"

namespace paynamed::sandbox {
namespace {

using ::testing::HasSubstr;
using testing::read_file;
using testing::TemporaryFolder;
using testing::write_file;

std::vector<std::string> replayed(Ledger& ledger, std::size_t expected_torn = 0) {
  std::vector<std::string> lines;
  EXPECT_EQ(ledger.replay([&](Change&& change) { lines.push_back(to_line(change)); }), expected_torn);
  return lines;
}

TEST(Changes, every_kind_survives_its_line) {
  const Change kChanges[] = {
      LedgerOpened{1, "aa"},
      OfferMade{"alpha", "key \"1\"\n", "Käse", "a@b", 5, ~std::uint64_t{0}, true, "lno1", "id"},
      OfferSwitched{"alpha", "id", true},
      InvoiceMade{"alpha", "k", 1, "d", 60, "lnbcrt1", "hash", 99},
      InvoiceFetched{"alpha", "id", "beta", "f", 0, 7, "note", "lni1", "hash", 99},
      PaymentMade{"alpha", "hash", 7, 8, "id", "", "note", "beta", "p", "lni1"},
      AddressMade{"alpha", "bcrt1"}};
  for (const auto& change : kChanges) {
    const auto line = to_line(change);
    EXPECT_EQ(line.find('\n'), std::string::npos) << line;
    EXPECT_EQ(to_line(from_line(line)), line);
    EXPECT_EQ(from_line(line).index(), change.index());
  }
}

TEST(Changes, a_wrong_line_is_refused_with_its_reason) {
  const struct {
    const char* line;
    const char* reason;
  } kCases[] = {{"", "not JSON"},
                {"{", "not JSON"},
                {"[]", "not an object with one change"},
                {"{}", "not an object with one change"},
                {R"({"offer_made":{},"address_made":{}})", "not an object with one change"},
                {R"({"offer_eaten":{}})", "offer_eaten is unknown"},
                {R"({"offer_switched":{"node":"a","offer_id":"b"}})", "offer_switched has missing"},
                {R"({"offer_switched":{"node":"a","offer_id":"b","active":1}})", "mistyped"},
                {R"({"ledger_opened":{"format":-1,"key_fingerprint":""}})", "mistyped"}};
  for (const auto& [line, reason] : kCases) {
    try {
      from_line(line);
      ADD_FAILURE() << line;
    } catch (const Error& error) {
      EXPECT_THAT(error.message(), HasSubstr(reason)) << line;
    }
  }
}

TEST(Ledger, gives_back_what_was_appended_in_order) {
  const TemporaryFolder folder;
  {
    Ledger ledger(folder / "state");
    EXPECT_TRUE(replayed(ledger).empty());
    ledger.append(AddressMade{"alpha", "one"});
    ledger.append(AddressMade{"alpha", "two"});
  }
  Ledger ledger(folder / "state");
  EXPECT_EQ(replayed(ledger), (std::vector<std::string>{to_line(AddressMade{"alpha", "one"}),
                                                        to_line(AddressMade{"alpha", "two"})}));
}

TEST(Ledger, an_incomplete_last_line_is_cut_off_at_every_length) {
  const TemporaryFolder folder;
  const auto first = to_line(AddressMade{"alpha", "one"}) + "\n";
  const auto second = to_line(AddressMade{"alpha", "two"}) + "\n";
  for (std::size_t kept = 0; kept < second.size(); ++kept) {
    write_file(folder / "state", first + second.substr(0, kept));
    Ledger ledger(folder / "state");
    EXPECT_EQ(replayed(ledger, kept).size(), 1U);
    ledger.append(AddressMade{"alpha", "two"});
    EXPECT_EQ(read_file(folder / "state"), first + second) << kept;
  }
}

TEST(Ledger, a_last_line_with_a_hole_of_zeros_is_cut_off) {
  const TemporaryFolder folder;
  const auto first = to_line(AddressMade{"alpha", "one"}) + "\n";
  write_file(folder / "state", first + std::string(10, '\0') + "\"}}\n");
  Ledger ledger(folder / "state");
  EXPECT_EQ(replayed(ledger, 14).size(), 1U);
}

TEST(Ledger, a_wrong_line_in_the_middle_is_refused_with_its_number) {
  const TemporaryFolder folder;
  const auto good = to_line(AddressMade{"alpha", "one"}) + "\n";
  for (const auto& content : {good + "nonsense\n" + good, good + "nonsense\n"}) {
    write_file(folder / "state", content);
    Ledger ledger(folder / "state");
    try {
      ledger.replay([](Change&&) {});
      ADD_FAILURE() << content;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::kDataLoss);
      EXPECT_THAT(error.message(), HasSubstr("line 2"));
    }
    EXPECT_EQ(read_file(folder / "state"), content) << "nothing is thrown away";
  }
}

TEST(Ledger, has_one_owner_at_a_time) {
  const TemporaryFolder folder;
  {
    const Ledger first(folder / "state");
    try {
      const Ledger second(folder / "state");
      FAIL() << "opened twice";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::kFailedPrecondition);
      EXPECT_THAT(error.message(), HasSubstr("in use by another sandbox"));
    }
  }
  EXPECT_NO_THROW(Ledger(folder / "state"));
}

// The process's limit on file sizes stands for a full disk: the kernel writes what fits, then fails.
TEST(Ledger, a_write_that_does_not_fit_leaves_nothing_behind) {
  const TemporaryFolder folder;
  Ledger ledger(folder / "state");
  replayed(ledger);
  ledger.append(AddressMade{"alpha", "one"});
  const auto before = read_file(folder / "state");

  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  auto tight = limit;
  tight.rlim_cur = before.size() + 10;
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  Code code = Code::kOk;
  try {
    ledger.append(AddressMade{"alpha", "two"});
  } catch (const Error& error) {
    code = error.code();
  }
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  std::signal(SIGXFSZ, handler);

  EXPECT_EQ(code, Code::kUnavailable);
  EXPECT_EQ(read_file(folder / "state"), before);
  ledger.append(AddressMade{"alpha", "three"});
  EXPECT_EQ(read_file(folder / "state"), before + to_line(AddressMade{"alpha", "three"}) + "\n");
}

}  // namespace
}  // namespace paynamed::sandbox
