"""Words that people say for those that documents say: the language of the field, of no one API."""

from __future__ import annotations

from collections.abc import Mapping

from specport.catalog.search.words import stem

_GROUPS = """
delete remove destroy erase drop discard purge wipe; redact erase anonymize forget personal; create add make new
launch generate provision register; get read retrieve fetch show view; update change edit modify alter set adjust
patch; rename name title; stop shutdown halt suspend off pause; start boot resume launch run; restart reboot cycle
rerun; retry rerun; cancel abort terminate revoke void; disable deactivate unsubscribe off; enable activate; attach
mount connect assign link; detach unmount disconnect unassign unlink; resize scale grow enlarge shrink expand upgrade
bigger smaller; scale replica; move transfer migrate relocate; copy clone duplicate fork mirror; send deliver push
dispatch; approve accept confirm allow; reject deny decline refuse block; block ban deny blacklist suspend; search
find query lookup; merge combine join; lock freeze protect; protect protection secure guard; subscribe follow watch;
sync synchronize upstream update; original upstream; dismiss withdraw discard reject; rollback revert previous undo
restore; restore recover undelete rollback; renew extend; rotate regenerate reset renew; verify validate confirm;
reverse reversal undo; log logs output console stdout; server machine vm droplet instance host node box; machine
runner; agent worker runner; region datacenter location zone; image picture photo snapshot; avatar picture photo; disk
volume storage drive; disk filesystem; storage bucket volume; full free usage available; cpu memory ram load; resource
cpu memory; traffic bandwidth network; bill invoice billing owe charge; owe balance due; cost price charge fee usage
spend; money payment balance fund cash; money refund; pay payment charge; buy purchase order checkout; purchase
transaction authorization; sale payment charge; card payment; hold authorization; seller merchant vendor connected;
guest customer; customer client buyer shopper; user account person member; user subject self; profile account user;
collaborator member contributor; team group organization; organization org company enterprise; role permission
privilege; permission access grant allow; allow authorization access review; owner author; author contributor
committer; token key credential secret; password credential secret; certificate tls ssl https cert; sign signature; ip
address; domain dns zone hostname; record dns entry; network vpc subnet; firewall rule acl port; policy rule; balancer
lb; gateway ingress route; expose ingress service; database db; backup snapshot; replica copy; cluster kubernetes k8s;
container image docker; registry repository; repository repo; project board; branch ref; commit change revision sha;
diff compare difference; issue ticket bug report; pull pr request merge; comment reply note message; review feedback;
reaction emoji thumb; label tag; release version; version revision; workflow pipeline ci action job build; artifact
output; job task run; schedule cron night nightly daily hourly; event happen history log activity audit; notification
alert inbox message; notify webhook notification hook; alert alarm; webhook hook callback; metric statistics stats
monitoring graph; statistics summary; status state health condition progress finished ready; health uptime check; down
outage uptime; quota limit; limit throttle rate; limit restriction; throttle rate limit; setting config configuration
option preference; type size kind; plan tier pricing size price; machine size; variable env; environment workspace;
secret credential; file content document attachment; folder directory tree; snippet gist paste; link url; website site
page domain; customize custom; subscription plan recurring; coupon discount promotion promo voucher; tax vat gst;
refund return; dispute chargeback; evidence proof; payout transfer withdraw; topup fund deposit; account bank; product
item good; cart checkout; receipt invoice; meter usage; report record; verification identity kyc; portal manage self;
vulnerability security advisory cve; dependency package; scan analysis; sandbox runtime isolation; node worker; pod
container workload; deployment rollout; maintenance disruption; function serverless lambda; app application; calendar
event meeting; contact person; mail message inbox; message mail post; chat channel conversation; todo task; key ssh;
offer option catalog; tunnel portforward proxy forward; shell exec console command; priority class; account profile
self; operation action task; ping check monitor; lint diagnose check problem; problem error issue failure; diagnose
debug status; flush purge clear cache invalidate; stale cache; edge cdn cache; csv export spreadsheet download;
download archive export; export download archive; hash digest manifest; neighbor host hardware; static reserved
floating; public address; reclaim garbage unused; unused garbage; garbage cleanup; os image distribution distro
kernel; template image; spread balancer distribute; window maintenance; choice option; available option; estimate
propose preview quote; preview upcoming estimate; validate check test lint; group project; spec size; trigger
schedule; trusted firewall; hardware size machine; private network internal; assignee responsible; external outside;
unread notification; milestone deadline target; kanban project board; column board; card column; visit traffic view;
visitor traffic; keyword topic; topic keyword; favorite star bookmark; star favorite bookmark; watcher subscriber;
watch subscription; source archive tarball zipball code; zip archive zipball; tarball archive; language programming;
render markdown; onboard account; onboarding link; invitation invite pending; encrypt public secret; external account;
commission fee application; platform application connect; currency exchange rate; convert exchange conversion; correct
credit; dashboard login; debit mandate; fraud risk warning; estimate quote; proposal quote; reader terminal device;
terminal reader point; store location shop; later setup; save setup; membership subscription member; shipping
delivery; simulate test; test helper simulate; fake test; time clock; upload file create; preview upcoming; list
value; settle settlement; decline reject; late uncollectible overdue; overdue uncollectible past; debt uncollectible;
expire expiration; recurring subscription; seat quantity; statement report; schedule phase; budget limit quota
disruption; cap limit quota; restrict limit restriction policy; isolate policy restrict; drain evict eviction; evict
eviction; batch job; timer cron; credential token; login session token; impersonate token; identity account; discover
discovery endpoint; reachable endpoint expose; public visibility expose; private visibility; visibility public
private; hide visibility private minimize; archive readonly; claim volume; mount volume; heartbeat lease; leader lease
election; election lease; admission webhook validating; intercept webhook admission; extension custom; crash log event
error; fail error failed failure; failed fail failure; stuck pending status; probe health; consume usage; consumption
usage; busy usage load; slow metric load; idle unused; utilization usage metric; latency metric; space storage disk;
attachment file; upgrade update version; newer version upgrade; latest newest; outage incident status; incident alert;
ticket case; case ticket; assign assignee add; ownership transfer owner; admin administrator owner; rights permission
role; invite invitation add; join invitation accept; leave remove membership; ban block; user member; staff user
member; employee user member; coworker member collaborator; colleague member collaborator; developer user
collaborator; bot app; integration app installation; plugin extension app; install installation add; conversation
thread discussion; thread conversation comment; discussion thread conversation; answer reply comment; text body
content; picture avatar; title name; tags topic; keys key; fingerprint key; public ssh; up uptime; processor cpu; cpu
processor load; more increase resize; leak secret exposure; leaked secret exposed; manual dispatch trigger; hand
manual dispatch; earnings balance payout; collect capture; postage shipping; ship shipping delivery; kick evict
remove; wrong error event problem failure; behind endpoint backend; important priority; urgent priority; valid
validate verify review; forward advance; told notify; pair connect register; fraudulent fraud; country region
location; placed region location; reach access firewall; isolated private; space storage size; layer manifest blob;
untagged manifest unused; heading project; authorised authorize; prospect customer lead; offer quote; passport
identity document; basket cart line item; screen display; proof evidence; employee cardholder user; virtual card;
marketplace platform connect; dollar amount currency; hosted checkout host; window page; gigabyte storage size; linux
distribution image; office ip address; crashed crash previous log; gracefully eviction; finished completed status;
laptop key ssh; spreadsheet csv; standby replica; primary promote; interact interaction; visited traffic view; due
deadline; ticket issue assignee; notes release; minutes usage billing; nightly schedule workflow; zip zipball; html
render markdown; clear purge cache; hung reboot power; busy cpu load; outgoing bandwidth outbound; sign register;
grant binding role permission; bind binding; autoscale autoscaler automatically; elastic autoscaler; permanent
persistent durable; durable persistent storage; pool group worker; daemon agent; attempt try retry; reference ref
branch tag; asset attachment binary download file; binary asset release; email mail; capacity space storage; cidr
range subnet block; range cidr; incoming inbound received; inbound received; outgoing outbound sent; capability
feature able; feature capability setting; oidc openid sso; sso saml oidc identity; compute calculate calculation; tax
calculation; redeliver resend; resend redeliver send; reviewer review approver; approver reviewer; enforce require
mandatory; mandatory required; ephemeral temporary debug short; temporary ephemeral; registration register join
enroll; enroll register registration; unstar star; conduct behaviour code; ignore gitignore; ping test; fix automated;
outdated version; week weekly; referrer referral popular source; microdeposit deposit verify; diagnostics lint result;
recycle replace; average load; feed atom rss; annotation warning; timeline history event; frequency commit activity;
participation commit activity; increment increase raise higher; permitted access review allow; jwks public key
signing; approval approve; wallet apple pay; mistake undo restore; accident restore undelete; deleted restore; lost
reset rotate; forgot reset password; expired renew expire; remind reminder send; reminder notification send; nonprofit
tax exempt; installment schedule subscription; monthly recurring subscription interval; yearly recurring interval;
autopay mandate recurring; donate payment; tip amount; commission application fee; marketplace account connect; escrow
hold transfer; pickup location; kiosk terminal reader; swipe reader terminal; pos terminal reader; till terminal
reader; chip reader card; stolen lost cancel card; spending limit authorization; expense transaction authorization;
statement descriptor report; ledger balance transaction entry; bookkeeping report balance transaction; accounting
report balance; wire transfer outbound; ach bank debit; iban bank account; sepa mandate debit; debit mandate charge;
chargeback dispute; contest dispute evidence; fight dispute evidence; win dispute; scam fraud; trustworthy
verification review risk; age verification identity; selfie identity verification; license verification identity;
bundle product; sku product price; catalogue product; stock inventory; parcel shipping; courier shipping; coupon code;
voucher coupon; loyalty discount; prorate proration upcoming; seats quantity; grace trial; free trial; watch
subscription event; mention notification; ping notification; inbox notification thread; thread notification; backlog
project issue; sprint milestone iteration; roadmap project milestone; epic milestone issue; estimate field; triage
label assignee; reviewer requested; mergeable merge; conflict merge; cherry commit; squash merge; rebase merge; blame
commit; patch diff compare; trunk main default branch; default setting; mainline branch; submodule content; lfs large
file; monorepo repository; fork copy; wiki page; docs page content; changelog release; version tag release; deploy
deployment environment; staging environment; production environment deployment; secret variable; pipeline run; yaml
workflow; flaky rerun failed; lint check; badge status; coverage check; bot app installation; webhook delivery;
payload delivery; sso organization; seat billing license; suspended suspend; security vulnerability alert; cve
advisory vulnerability; supply dependency; sbom dependency graph; secret scanning alert; password secret; pat token;
oauth authorization application; expire token; sign gpg ssh key; signature gpg signing; avatar user; bio profile user;
location profile; social account profile; network follow; friend follow follower; fan follower; gist snippet; emoji
reaction; upvote reaction; vote reaction; poll discussion; forum discussion; community profile health; contact email;
newsletter email; unsubscribe subscription; mute subscription ignore; pin pinned; transfer ownership; visibility
private public; archive archived; template generate; boilerplate template generate; scaffold template; import
migration source; svn import; export migration archive; backup archive migration; traffic clone view; popularity
traffic star; analytics metric statistics traffic; report statistics; chart graph metric; dashboard metric; alarm
alert policy; threshold alert policy; slack alert destination; oncall alert; sla uptime; latency response; outage
uptime state; ssl certificate; renew certificate; encrypt certificate tls; wildcard certificate domain; redirect
forwarding rule; proxy balancer; sticky balancer session; healthcheck balancer health; nameserver domain; mx record;
cname record; txt record; subdomain record; hostname domain record; reverse dns ptr; ipv6 address network; peering vpc
network; subnet vpc; nat gateway; bastion ssh; vnc console; rescue recovery boot; password reset root; rebuild image
reinstall; reinstall rebuild image; format volume; filesystem disk; mount attach volume; unmount detach volume; clone
snapshot; rollback restore snapshot; archive snapshot; cold backup; schedule backup policy; weekly backup; disaster
backup restore; failover replica promote; leader primary; master primary; readonly replica; cluster node; shard
replica; sql database query; mysql database; postgres postgresql database pg; mongo mongodb database; redis cache
database; kafka topic database; collation mode; session connection pool; pgbouncer connection pool; whitelist trusted
allow firewall; allowlist trusted allow firewall; blacklist block; blocklist block; credential connection; container
app; build deployment; buildpack app; component app; worker app; static site; function trigger; cron trigger schedule;
lambda function; registry docker; pull registry image; prune garbage; layer digest manifest; repository registry;
orphan unused; cleanup garbage; upgrade version kubernetes; patch upgrade; drain node; autoscale pool; quota resource
limit; limit range; budget disruption; policy network; role binding; scheduler schedule priority; preempt priority;
affinity node; storage persistent volume class; disk persistent volume; claim persistent volume; provisioner storage
class; driver storage; mount persistent volume; configuration configmap config; env configmap; port service; expose
service; dns service; selector label; backend endpoint; route ingress; hostname ingress; tls secret; controller class;
webhook admission; validate admission webhook; mutate admission webhook mutating; inject mutating webhook; sidecar
container pod; init container; evict pod; shell exec pod; terminal exec; stdout log; tail log; stream log watch; trace
log event; reason event status; oom event status; pending status event; schema openapi; swagger openapi document;
discovery api resource group; lease lock; heartbeat lease node; cert certificate signing; rotate certificate; token
review; authenticate token review; permission access review; impersonate user; audit event; usage metric; tolerate
disruption; patched maintenance update; heart reaction; touched changed file; misconfiguration lint problem; docker
image package; minute timing duration usage; duration timing; quarter load; egress network policy; internal service;
my authenticated; disable shutdown off power; bigger resize; holder cardholder; holds holder cardholder; got received;
linked connected; close delete cancel; down disruption unavailable uptime; http ingress web; points record target;
login user credential auth; spec template specification; revenue balance transaction report; income revenue balance;
expensive cost price size; cheap price size; quota usage; eating usage; component status health; plane component
health; annotate annotation patch; kind definition type; undo revert unstar; false dismiss; positive dismiss; myself
authenticated user; authenticated user; helper collaborator member; waiting pending; pending waiting queue; queue
pending; stuck queue; overdue due past; note metadata description comment; comment note; tune config setting; tuning
config; parameter config setting; disappear destroy associated; wait pending; slow query; query search; website domain
site; www record domain; host record; owner user; belongs owner; limit quota; blocked block; banned block; muted mute;
hidden hide; open create; begin start create; finish complete finalize close; complete finalize finish; submit create
send; put add upload; drop delete; hook webhook; callback webhook; token access; session login checkout; pdf download;
print download; csv export; bulk batch; batch bulk; several batch; multiple batch; preview dry; simulate preview test;
dry validate; duplicate copy; mirror copy sync; watch notification; reach endpoint; connect attach connection;
connection credential uri; uri url; endpoint url; speed bandwidth; throughput bandwidth; io disk; ram memory; core
cpu; gpu size; os image; iso image; vm server; metal server
"""
"""Words that may stand for each other, in groups that `;` ends."""


def _synonyms() -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for group in _GROUPS.split(";"):
        stems = dict.fromkeys(stem(word) for word in group.split())
        for each in stems:
            found.setdefault(each, {}).update(dict.fromkeys(other for other in stems if other != each))
    return {each: tuple(others) for each, others in found.items()}


SYNONYMS: Mapping[str, tuple[str, ...]] = _synonyms()
"""The stems that may stand for a stem."""
