// Which wallets can pay. Each rule names the code that it was read from:
//   DP     TheBlueMatt/dnssec-prover, the verifier in LDK, in CLN and in Boltz's web app
//   BPI    rust-bitcoin/bitcoin-payment-instructions 0.7, which reads the URI for LDK and CLN
//   PHD    ACINQ/phoenixd PayDnsAddress.kt and Parser.kt, as in Phoenix
//   ZEUS   ZeusLN/zeus handleAnything.ts, before and after its pull request 4361 of August 2026
//   BOLTZ  BoltzExchange/boltz-web-app utils/invoice.ts, resolveBip353
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "names/ascii.hpp"
#include "names/lint/rules.hpp"

namespace paynamed::names {
namespace {

constexpr const char* kAliasInTheWay = "an alias (CNAME or DNAME) stands in the way";
constexpr const char* kTakesTheFirst = "it takes the first TXT record at the name, which may be another one";
constexpr const char* kNoOffer = "the record has no offer (lno=)";

// The verdict on one family: the worst that a rule says, and the first that says it.
class Judge {
 public:
  explicit Judge(std::string family) { verdict_.family = std::move(family); }

  void no(std::string why) { say(Usable::kNo, std::move(why)); }
  void unknown(std::string why) { say(Usable::kUnknown, std::move(why)); }
  WalletVerdict take() { return std::move(verdict_); }

 private:
  void say(Usable usable, std::string why) {
    if (usable <= verdict_.usable) return;
    verdict_.usable = usable;
    verdict_.why = std::move(why);
  }
  WalletVerdict verdict_;
};

// What no wallet can pay, whatever it reads it with.
void judge_record(const Examined& examined, Judge& judge) {
  if (examined.instructions > 1) judge.no("there are several payment records at the name");
  if (examined.instructions == 0) judge.no("there is no payment record at the name");
  if (examined.has_expired()) judge.no("an instruction in it has expired");
}

// DP: a proof is refused for an algorithm that it does not know, more steps than it takes, and in older
// versions for a wildcard behind the last name of a zone.
void judge_proof(const Examined& examined, Judge& judge) {
  for (const std::uint8_t algorithm : examined.subject.facts.needed_algorithms) {
    if (!is_widely_known(algorithm))
      judge.no(fmt::format("its verifier does not know signature algorithm {}", algorithm));
  }
  const VerifiedProof& proof = examined.subject.proof;
  if (proof.proof_steps > kMaxProofSteps) {
    judge.no(fmt::format("the proof takes more than {} steps", kMaxProofSteps));
  } else if (proof.proof_steps > kMaxProofStepsOnce) {
    judge.unknown(fmt::format("older versions stop after {} steps of a proof", kMaxProofStepsOnce));
  }
  if (proof.wildcard && examined.subject.facts.last_denial)
    judge.unknown("older versions cannot verify a wildcard behind the last name of its zone");
  // DP passes over NSEC3 with opt-out: what proves a wildcard here may not be what its resolver answers with.
  if (proof.wildcard && proof.nsec3_opt_out) judge.unknown("it proves no wildcard by NSEC3 with opt-out");
}

// BPI: one value that it cannot read ends it all; "pop" must be for an app on the same machine.
void judge_strict_uri(const Examined& examined, Judge& judge) {
  constexpr std::array<std::string_view, 12> kNoLocalApp{
      "javascript", "http", "https", "file", "mailto", "ftp", "wss", "ws", "ssh", "tel", "data", "blob"};
  if (examined.instructions != 1) return;
  if (!examined.payment) {
    judge.no("it refuses a record with anything invalid in it");
    return;
  }
  if (!examined.payment->proof_of_payment) return;
  const std::string& callback = *examined.payment->proof_of_payment;
  const std::string scheme = to_lower(std::string_view{callback}.substr(0, callback.find(':')));
  if (std::find(kNoLocalApp.begin(), kNoLocalApp.end(), scheme) != kNoLocalApp.end()) {
    judge.no("it refuses the proof-of-payment address (pop) in the record");
  } else if (examined.payment->proof_of_payment_required) {
    judge.unknown("not every wallet supports a required proof of payment (req-pop)");
  }
}

// A URI that breaks a rule may be read all the same by whoever looks for one parameter alone.
void judge_lax_uri(const Examined& examined, Judge& judge) {
  if (examined.instructions == 1 && !examined.payment)
    judge.unknown("the record has something invalid in it");
}

// PHD and BOLTZ know no other instruction than an offer.
void judge_offer_only(const Examined& examined, Judge& judge) {
  if (examined.payment && !examined.is_paid_by_offer()) judge.no(kNoOffer);
}

void judge_currency(const Examined& examined, Judge& judge) {
  if (examined.has_offer_in_currency()) judge.unknown("it may not convert the currency of the offer");
}

WalletVerdict judge_ldk(const Examined& examined) {
  Judge judge{"LDK"};
  judge_record(examined, judge);
  judge_proof(examined, judge);
  judge_strict_uri(examined, judge);
  // BPI reads BOLT 11, BOLT 12 and addresses; a URI with none of them has no known instruction.
  if (examined.payment && !examined.is_paid_by_offer() && !examined.is_paid_by_invoice() &&
      !examined.is_paid_on_chain()) {
    judge.no("it knows none of the instructions in the record");
  }
  // LDK, Bolt12SemanticError::UnsupportedCurrency.
  if (examined.has_offer_in_currency()) judge.no("it pays no offers in a currency");
  return judge.take();
}

WalletVerdict judge_cln(const Examined& examined) {
  Judge judge{"CLN"};
  judge_record(examined, judge);
  judge_proof(examined, judge);
  judge_strict_uri(examined, judge);
  // CLN plugins/bip353-plugin gives the instructions to xpay, which pays over Lightning alone.
  if (examined.payment && !examined.is_paid_by_offer()) {
    if (examined.is_paid_by_invoice()) {
      judge.unknown("it may pay offers alone");
    } else {
      judge.no(kNoOffer);
    }
  }
  judge_currency(examined, judge);
  return judge.take();
}

WalletVerdict judge_phoenix(const Examined& examined) {
  Judge judge{"Phoenix"};
  judge_record(examined, judge);
  // PHD asks dns.google and takes the first answer whose name is the one that it asked for: of an alias that
  // is the alias.
  if (examined.subject.proof.aliases > 0) judge.no(kAliasInTheWay);
  if (examined.subject.proof.values.size() > 1) judge.no(kTakesTheFirst);
  judge_lax_uri(examined, judge);
  judge_offer_only(examined, judge);
  // PHD once looked for "bitcoin:" and "lno=" in these letters.
  if (examined.style.upper_case_scheme || examined.style.upper_case_key)
    judge.unknown("older versions look for the record in lower case");
  judge_currency(examined, judge);
  return judge.take();
}

WalletVerdict judge_zeus(const Examined& examined) {
  Judge judge{"Zeus"};
  judge_record(examined, judge);
  // ZEUS took the first answer of Cloudflare's DoH, whatever it was.
  if (examined.subject.proof.aliases > 0)
    judge.unknown("versions before August 2026 stop at an alias (CNAME or DNAME)");
  if (examined.subject.proof.values.size() > 1)
    judge.unknown("versions before August 2026 take the first TXT record at the name");
  judge_lax_uri(examined, judge);
  if (examined.payment && !examined.is_paid_by_offer() && !examined.is_paid_by_invoice() &&
      !examined.is_paid_on_chain()) {
    judge.unknown("it may know none of the instructions in the record");
  }
  if (examined.style.upper_case_scheme || examined.style.upper_case_key)
    judge.unknown("it may look for the record in lower case");
  judge_currency(examined, judge);
  return judge.take();
}

WalletVerdict judge_boltz(const Examined& examined) {
  Judge judge{"Boltz"};
  judge_record(examined, judge);
  judge_proof(examined, judge);
  // BOLTZ takes the first record that the proof verifies: with an alias that is the alias, unless its DP
  // follows the alias itself.
  if (examined.subject.proof.aliases > 0)
    judge.unknown("it takes the first record of the proof, which may be an alias (CNAME or DNAME)");
  if (examined.subject.proof.values.size() > 1) judge.no(kTakesTheFirst);
  judge_lax_uri(examined, judge);
  judge_offer_only(examined, judge);
  // URLSearchParams.get("lno") tells letters apart.
  if (examined.style.upper_case_key) judge.no("it looks for lno= in lower case");
  judge_currency(examined, judge);
  return judge.take();
}

}  // namespace

std::vector<WalletVerdict> judge_wallets(const Examined& examined) {
  return {judge_ldk(examined), judge_cln(examined), judge_phoenix(examined), judge_zeus(examined),
          judge_boltz(examined)};
}

}  // namespace paynamed::names
