"""Word lists of the recognisers: what is part of a job title, and what never is part of a person's name."""

from __future__ import annotations

# Head nouns: a short line that holds one is most likely a job title.
_TITLE_HEADS = """
accountant actuary admin administrator adviser advisor agent ambassador analyst architect artist assistant associate
attorney auditor avp banker bookkeeper buyer cao cco cdo ceo cfo chair chairman chairperson chairwoman chef chemist
chief chro cio ciso clo cmo co-ceo co-chair co-chairman co-chief co-coo co-cto co-founder co-president coach
cofounder comptroller consultant controller coo coordinator copywriter counsel counsellor counselor cpo cro cso cto
curator dba dean dentist deputy designer developer director dispatcher economist editor emeritus engineer
consejero directeur director-general directora directrice direktor finanzvorstand geschäftsführer geschäftsführerin
geschäftsführung gérant gérante leiter leiterin presidenta presidente président présidente stellvertretender
stellvertretende vicepresidente vorsitzende vorsitzender vorstand vorstandsmitglied vorstandsvorsitzende
vorstandsvorsitzender
entrepreneur estimator evangelist evp executive expeditor expert fellow foreman founder founders geologist gm
governor guide head host hygienist inspector instructor intern investigator investor journalist lawyer lead leader
lecturer librarian manager marketer md mechanic member merchandiser nurse observer officer operator organizer owner
paralegal partner pastor photographer physician planner president principal producer professor programmer promoter
proprietor provost qa receptionist recruiter registrar rep representative researcher salesman salesperson saleswoman
scientist secretary shareholder solicitor sommelier specialist sre statistician steward strategist superintendent
supervisor surgeon surveyor svp teacher technician technologist tester therapist trainer treasurer trustee
underwriter veterinarian vice-president vicepresident vp webmaster writer
"""

# Last words of organisations' names.
_ORG_SUFFIXES = """
ab ag associates bancorp bank bv capital co college companies company consulting corp corporation council
enterprises equity federation financial foundation fund gmbh group holding holdings hospital inc incorporated
industries institute international investments kg laboratories labs limited llc llp lp ltd museum networks nv
partners pharmaceuticals plc pllc private pty pvt resources sa se services software solutions spa systems
technologies trust university ventures
"""

# Lower-case parts of names.
_NAME_PARTICLES = """
't af al ap av ben bin bint binti d' da dal das de de' dei del della den der di do dos du e el ibn la las le lo los
mac mc op san st ten ter van vande vander ver vom von y zu zum zur
"""

# What may stand before a name.
_HONORIFICS = """
adm admiral adv amb ambassador brig ca capt captain cmdr col colonel cs dame dato datuk dr drs engr er gen general
gov governor hon honorable ing ir judge justice lady lord lt ltc madam mag maj miss mr mrs ms mx pastor prof
professor rep rev sen senator sgt sh sheikh shri sir smt sri tan tun
"""

# Generations, which belong to a name.
_NAME_SUFFIXES = """
2nd 3rd ii iii iv jr jr. sr sr. v
"""

# Words that are never part of a name by themselves: navigation, departments, products, places, function words.
_NOT_NAMES = """
a about above abu academy accept access accessibility account accounting accounts achievements across act acting
action actions active activities ad additional address administration administrative ads advance advanced advantage
advertising advice advisory advocacy affairs africa after agency agile agreement ai air alerts all alliance
alliances also america american americas amsterdam an analysis analyst analytics and angeles anniversary
announcement announcements announces annual answers any api app application applications apply approach apps
architect archive archives are area areas art articles as asia ask assessment asset assets assistance assurance at
atlanta atlantic auckland audio audit august australia austria authority auto automation automotive autonomous
available avenue award awards awareness back backend background balance bangalore banking based basic battery be
beauty because become before beijing being belgium benefit benefits berlin best better beyond big bio biography bios
biotech block blog blogs board boards body book books boston bottom boulevard box brand branding brands brazil brief
briefs brisbane broadcast brochure browse budget build building buildings built bulletin business businesses button
buy by calendar california call campaign campaigns can canada cancel capabilities capability care career careers
carolina cart cases cash catalog categories category cell center centers central centre certification certifications
chairman challenge challenges change channel channels charities charity charter chat check chemical chemicals
chicago chief child children china choice choose citizenship city civic claims class clean clear click client
clients clinic clinical close closing cloud club code codes collaboration collection college com comment comments
commerce commercial commitment commitments committee committees communication communications community companies
company compare compensation compliance components computing conditions conduct conference confidential
configuration connect connected connection connections construction consultation consulting consumer contact
contacts containers content contents continue contract contracting contracts control controls cookie cookies
copyright core corner corporate corporation cost counsel country course courses create created creating creative
credit credits crew crypto css culture current currently custom customer customers customize cyber cybersecurity
dakota dallas data database datasheets date day days deal deals december decision deep default defense delaware
delhi delivery demand demo denver department departments deployment description design details detection detroit
development device devices devops devsecops die diego digital dimensions directions director directors directory
disclaimer disclosure disclosures discover discussion distribution district diversity division divisions do docs
document documentation documents does domain donate donations door download downloads drive drop dubai dublin
dynamic earnings earth east eastern easy economy ecosystem education effective efficiency electric electronic
electronics eligibility email emea emergency emerging emeritus employee employees employment empowering en enable
end energy engagement engineer engineering english enterprise entertainment environment environmental equality
equipment equity error esg essential estate ethics europe european evaluation event events every everyone everything
excellence exchange executive executives experience experiences expert expertise explore external facebook
facilities facility facts failure family faq faqs farm fashion fast featured features february federal feedback feel
field file files filings filter filters finance finances financial find firm first fitness five flexible floor
follow food footer footprint for force form former forms forum forward foundation founder four framework france
francisco fraud free french frequently friday friends from front frontend full fullstack fun function functions fund
funding funds further future gallery game gaming gas gateway general geneva german germany get gift gifts github
give giving glassdoor global globally gmbh goals gold good goods goto government grant grants great green grid group
groups grow growing growth guarantee guidance guidelines guides hall hampshire handbook hands hardware has have head
headquarters health healthcare heart hello help her here heritage high higher highlights hire hiring his history
holidays home homes hong hospice hospital hospitality hospitals hosting hot hotel hotels hour hours house houston
how hq html hub human humans i ideas identity if image images impact implementation in inc incident inclusion
incorporated index india indian individual individuals industrial industries industry info informatics information
infrastructure initiative initiatives innovation innovations innovative inquiries inside insight insights instagram
institutional insurance integrated integration integrations integrity intelligence interim international internet
into introducing introduction inventory invest investing investment investments investor investors invoice is israel
issues it italy items its january japan jersey job jobs join jose journal journey july junior just key kids know
knowledge kong korea lab labor labs land language languages large last latest latin launch law laws lead leaders
leadership leading lean learn learning least legacy legal legislation lending less let level levels library
licensing life light like limited line link linkedin links list live lives living llc load loans local location
locations log login logistics london long look los love loyalty ltd machine made magazine mail main maintenance make
makers making manage managed management manager manufacturing map march margin marine maritime market marketing
marketplace markets mateo materials matters media medical medicine meet meeting meetings melbourne member members
membership memoriam memory menu merchandise message messages methodology metrics mexico miami micro middle military
mining mission mobile mobility model models modern module monday money monitoring more mortgage most motor move
mumbai munich museum music my nasdaq nation national natural navigation need needs network networking networks new
news newsletter newsroom next no non north northern not notice notices november nuclear number nutrition nyse
october of off offer offering offerings offers office officer officers offices official oil ok on once one online
only open opening openings operating operation operational operations opportunities opportunity optimization
optional options or order orders organization other others our out outreach over overview own pacific packaging page
pages paper parent parents paris parks part partner partners partnership partnerships parts past patents path
patient patients pay payment payments pdf people performance permanent person personal perth petroleum pharma
pharmaceutical pharmaceuticals phase philadelphia philanthropy philosophy phoenix phone photo photos pinterest
pipeline place places plan planning plans plant plants platform platforms play plc please podcast podcasts point
policies policy popular portal portfolio portland position positions possible post posted posts power practice
practices premium presence presentations president press prevention previous price prices pricing pride print prior
privacy private pro process processes procurement product production productions products professional professionals
profile profiles program programme programmes programs progress project projects promise promotion properties
property proposal protect protection protocol provider providers public publications publishing purchase purpose
quality quarter question questions quick quote quotes rail range rate rates read reading ready real recent
recognition records recovery recruiting recruitment recycling reduce reference referral refund region regional
register registration regulation regulatory relations relationship release releases reliability reliable remote
renewable rent rental repair report reporting reports request research reserve reserved resilience resource
resources responsibility responsible responsive restaurant restaurants results retail retirement return returns
revenue review reviews rights risk road robotics role roles room rss rules safe safety sales same sample san save
savings scale schedule school schools science sciences scope scroll search season seattle secretary secure security
see segment select self sell send senior september server service services session set settings seven shanghai share
shared shareholder shareholders shipping shop shopping short show showcase sign signup simple singapore site sitemap
six size skills skip slide small smart social society software solar solution solutions some source sourcing south
southern space spain speakers special specialists specialty sponsors sponsorship sports spotlight staff staffing
standard standards start started startups state statement statements states station status stay step steps stock
stockholm storage store stores stories story strategic strategies strategy streaming street strength strong
structure student students studies studio study subject submit subscribe subscription subsidiaries success suite
summary summit sunday supplier suppliers supply support supported survey sustainability sustainable switzerland
sydney system systems table tags take talent talk tax teaching team teams tech technical technologies technology
telecom telephone template terms test testimonial testimonials testing texas than thank thanks that the their them
themes then there these they things think third this those thoughts thousand threat three through thursday tiktok
time timeline times to today together toggle token tokyo tool tools top topic topics toronto total touch tour tours
toward town track trade trademark trading traffic training transaction transfer transformation transit translation
transparency transport transportation travel treasurer treasury treatment trends trial true trust trusted trustee
try tuesday tutorials twitter two type types uk understanding unit united units unlock up upcoming update updates
upon us usa use used user users using utilities utility vacancies validation valley value values vehicle vehicles
vendor vendors venture version very via vice video videos view vimeo virtual vision visit voice volunteer volunteers
vulnerability wales want warehouse warranty was washington watch water ways we wealth wear weather web webcast
webcasts webinar webinars website websites week welcome wellington wellness were west western what when where
whitepaper whitepapers who wholesale why wide wind wine winner winter wireless with within without woman women word
work worker workers workforce working workplace works workshop workshops world worldwide year years yes york you
your youth youtube zealand zip zone zurich
"""

# Given names that are also words of NOT_NAMES: as a first word they may still open a name.
_BOTH = """
april art august chase grant jan june long mark may page rich van will
"""

# Surnames that are also words of NOT_NAMES.
_SURNAMES = """
best case cash drop east field fields force gold good grant great green hall hands head heart hope land law light long
march may north page parks power price rich road role rose sharp short south start street waters west wood young
"""

# Degrees and professional designations, without their full stops.
_DEGREES = """
aams aba abpp abr aca acc acca acis acma afc aia aicp aif anp-bc ao ap aprn asa ba bacc bba bbs bcba bch bcom bcps
beng bm bs bsc bsee bsme bsn btech ca cae caia cams capm casp cbe cca ccim ccp ccsp cdm cdmp cebs cen cera cfa cfe
cfee cfp cfpn cfre cgeit cgma chc chcp chda chfc chrp cia cima cipd cipm cipp cips cisa cism cissp clu cma cmc cmp
cmpe cne cne-bc cni cnm cnor cnp cpa cpc cpcu cpe cpeng cphq cphr cpht cpps crcp cre crisc crm crna crnp crs crsp
csa csep csm csp cssp cvpm dba dc dds dmin dnp do dphil dpt dr dsc dvm ea ed edd edm eit emba esq faahpm facc fachca
fache facmpe facp facs faia faicd faim fca fcas fcca fcia fcip fcipd fcips fcma fhfma fhimss fia fics fiml flmi fmp
fnp-bc frcp frcs frics frm frs frsa frse fsa gaicd gcb gphr gri hmdc ifa ing itil jd kbe kc lcsw leed llb llif llm
lmft lpc lssbb ma maaa mac macc maicd mb mba mbbs mbe mcips md mdiv med mem meng mfa mfin mha mhs mhsa mis mls mpa
mph mphil mpp mps mpt mrcp mrcs ms msc msed msee msm msme msn mst msw mt mtax mtech nd nea-bc np oam obe od ot pa
pcc pe peng pg pharmd phd phr pmp pps psyd ptp qc ra rcdd rd rhia rhit rla rn rpa rph sc scp shrm shrm-cp shrm-scp
sior sphr
"""

TITLE_HEADS: frozenset[str] = frozenset(_TITLE_HEADS.split())
ORG_SUFFIXES: frozenset[str] = frozenset(_ORG_SUFFIXES.split())
NAME_PARTICLES: frozenset[str] = frozenset(_NAME_PARTICLES.split())
HONORIFICS: frozenset[str] = frozenset(_HONORIFICS.split())
NAME_SUFFIXES: frozenset[str] = frozenset(_NAME_SUFFIXES.split())
NOT_NAMES: frozenset[str] = frozenset(_NOT_NAMES.split())
BOTH: frozenset[str] = frozenset(_BOTH.split())
SURNAMES: frozenset[str] = frozenset(_SURNAMES.split())
DEGREES: frozenset[str] = frozenset(_DEGREES.split())
