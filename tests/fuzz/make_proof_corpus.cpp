// make_proof_corpus FOLDER: writes the committed inputs of fuzz_proof anew, with new keys. For when their
// form or the rules change: "ninja -C build/fuzz make_proof_corpus && build/fuzz/bin/make_proof_corpus
// tests/fuzz/corpus/fuzz_proof".
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "names/proof/encode_chain.hpp"
#include "tests/fakes/dnssec/signed_zone.hpp"

namespace {

using namespace paynamed;
using fakes::Records;
using fakes::SignedTree;
using fakes::SignedZone;
using fakes::operator+;

const std::string kBase = "user._bitcoin-payment.example.test.";
const std::string kAlice = "alice." + kBase;
// In lower case throughout: fuzz_proof says why.
const std::string kTxt = " 300 IN TXT \"bitcoin:?lno=lno1\" \"qcp4256ypq\"";

void write(const std::filesystem::path& file, const SignedZone& root, const Records& records) {
  const auto chain = names::encode_chain(records);
  if (!chain) throw std::runtime_error(chain.error().message());
  const auto key = root.key().dnskey().rdata;
  std::string text{static_cast<char>(key.size() >> 8), static_cast<char>(key.size() & 0xff)};
  text.append(key.begin(), key.end());
  text.append(chain->begin(), chain->end());
  std::ofstream stream{file, std::ios::binary};
  stream << text;
  if (!stream.flush()) throw std::runtime_error("cannot write " + file.string());
}

void write_all(const std::filesystem::path& folder) {
  const SignedZone root{"."};
  write(folder / "one_zone", root, root.keys() + root.sign(kAlice + kTxt));
  const SignedZone edwards{".", 15};
  write(folder / "one_zone_ed25519", edwards, edwards.keys() + edwards.sign(kAlice + kTxt));
  const SignedTree mixed{8, 14, 13};
  write(folder / "three_zones", mixed.root, mixed.above() + mixed.zone.sign(kAlice + kTxt));
  write(folder / "wildcard_nsec", root,
        root.keys() + root.expand("*." + kBase + kTxt, kAlice) +
            root.sign("al." + kBase + " 300 IN NSEC bob." + kBase + " TXT RRSIG NSEC"));
  const std::string hash = fakes::nsec3_label(kAlice);
  write(folder / "wildcard_nsec3", root,
        root.keys() + root.expand("*." + kBase + kTxt, kAlice) +
            root.sign(fakes::label_before(hash) + ". 300 IN NSEC3 1 0 0 - " + fakes::label_after(hash) +
                      " TXT"));
  write(folder / "cname", root,
        root.keys() + root.sign(kAlice + " 300 IN CNAME pay.test.") + root.sign("pay.test." + kTxt));
  write(folder / "dname", root,
        root.keys() + root.sign(kBase + " 300 IN DNAME pay.test.") + root.sign("alice.pay.test." + kTxt) +
            Records{fakes::record(kAlice + " 0 IN CNAME alice.pay.test.")});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: make_proof_corpus FOLDER\n", stderr);
    return 64;
  }
  try {
    std::filesystem::create_directories(argv[1]);
    write_all(argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "make_proof_corpus: %s\n", error.what());
    return 1;
  }
  return 0;
}
