// The committed inputs of fuzz_proof: a fuzzer that begins with nothing valid finds nothing behind the first
// signature.
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/unit/names/proof/proof_case.hpp"

namespace paynamed::names {
namespace {

TEST(ProofCorpus, VerifiesUnderTheKeyThatEachInputBeginsWith) {
  std::size_t inputs = 0;
  for (const auto& entry : std::filesystem::directory_iterator{PAYNAMED_PROOF_CORPUS}) {
    ++inputs;
    std::ifstream stream{entry.path(), std::ios::binary};
    const std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>{stream}, {}};
    ASSERT_GT(bytes.size(), 2U) << entry.path();
    const ByteView input{bytes};
    const std::size_t key = static_cast<std::size_t>(input[0]) << 8 | input[1];
    ASSERT_LT(2 + key, input.size()) << entry.path();
    const ByteView anchor = input.subspan(2, key);
    const auto payment = verify_payment_proof(input.subspan(2 + key), kAlice,
                                              {{".", net::DnsType::kDnskey, {anchor.begin(), anchor.end()}}},
                                              {kNow, base::Duration{0}, Unverifiable::kRefuse});
    EXPECT_EQ(payment ? payment->uri : payment.error().message(), kAliceValue) << entry.path();
  }
  EXPECT_GE(inputs, 7U);
}

}  // namespace
}  // namespace paynamed::names
