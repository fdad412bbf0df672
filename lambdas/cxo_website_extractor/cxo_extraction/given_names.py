"""Given names that are common around the world: one feature of the name recogniser, never a condition.

An unknown first name only lowers the score of a line; the layout around it can make up for that.
"""

from __future__ import annotations

_ENGLISH = """
aaron abby abigail abraham adam adrian adrienne aidan aileen aimee al alan alana alanna albert alec alex alexa
alexander alexandra alexandria alexis alfred ali alice alicia alison alissa allan allen allison ally alvin alyssa
amanda amber amelia amy ana anastasia andre andrea andreas andrew andy angel angela angelina angelo angie anita ann
anna anne annette annie anthony antoine antonia antonio april ariel arlene arnold art arthur ashley audra audrey
austin autumn ava barbara barney barry bart beatrice becky belinda ben benjamin bennett bernadette bernard bernice
bert beth bethany betsy betty beverly bill billy blaine blair blake bob bobby bonnie brad bradford bradley brady
brandi brandon brandy brenda brendan brent bret brett brian briana brianna bridget brittany brooke brooks bruce bruno
bryan bryant bryce bryn byron caitlin caleb calvin cameron camille candace candice carl carla carlos carlton carmen
carol carole caroline carolyn carrie carter casey cassandra catherine cathleen cathy cecil cecilia cedric celeste
chad chandra charlene charles charlie charlotte chase chelsea cheryl chester chloe chris christa christian christie
christina christine christopher christy chuck cindy claire clara clarence clark claude claudia clay clayton clif
cliff clifford clifton clint clinton clyde cody cole colin colleen collin conan connie connor conrad constance corey
cori cory courtney craig cristina crystal curt curtis cynthia daisy dale dan dana daniel daniela danielle danny darin
darla darlene darrell darren darrin darryl daryl dave david dawn dean deana deanna deb debbie deborah debra deirdre
delia denise dennis derek desiree devin devon di diana diane dianna dianne dick dina dirk dominic don donald donna
donovan dora doreen doris dorothy doug douglas drew duane duncan dustin dwayne dwight dylan earl ed eddie edgar edith
edmund edward edwin eileen elaine eleanor elena eli elijah elisa elise elizabeth ella ellen elliot elliott ellis
elsa emil emily emma eric erica erick erik erika erin ernest ernie esther ethan eugene eunice eva evan eve evelyn
everett faith faye felicia felix fernando fiona florence floyd forrest frances francesca francis francisco frank
franklin fred freddie frederick gabe gabriel gabriela gabrielle gail garrett garry gary gavin gayle gene geoff
geoffrey george georgia gerald geraldine gerard gigi gilbert gina ginger glen glenda glenn gloria gordon grace grady
graham grant greg gregg gregory greta gretchen guy gwen gwendolyn hailey hal hank hannah harold harriet harris
harrison harry harvey hayden hazel heath heather hector heidi helen helena henry herb herbert herman hilary hillary
holly hope howard hugh hunter ian ida ignacio ike imogen ingrid ira irene iris irma irving isaac isabel isabella ivan
ivy jack jackie jackson jaclyn jacob jacqueline jacquelyn jade jaime jake james jamie jan jane janelle janet janette
janice janine jared jasmine jason jasper jay jayne jean jeanette jeanne jeannie jeff jefferson jeffery jeffrey jen
jenna jennie jennifer jenny jeremiah jeremy jerome jerry jess jesse jessica jill jillian jim jimmy jo joan joann
joanna joanne jocelyn jodi jodie jody joe joel joey john johnny jon jonah jonathan jordan jorge jose joseph josephine
josh joshua joy joyce juan juanita jud judith judy julia julian juliana julianne julie juliet june justin justine kara
karen kari karin karl karla kate katelyn katherine kathleen kathryn kathy katie katrina kay kayla keith kelley kelli
kellie kelly kelsey ken kendall kendra kenneth kenny kent kerri kerry kevin kim kimberly kip kirk kirsten kirstin
kris krista kristen kristi kristie kristin kristina kristine kristy kurt kyla kyle lacey lance lara larry laura
laurel lauren laurence laurie lawrence leah lee leigh lena leo leon leona leonard leroy leslie lester leticia lewis
libby lillian lily lina linda lindsay lindsey linwood lionel lisa liz liza lloyd logan lois lon lonnie lora loren
lorena loretta lori lorraine lou louis louisa louise lucas lucia lucille lucinda lucy luis luke lydia lyle lynda lynn
lynne mabel mackenzie maddie madeline madison maggie malcolm mallory mandy marc marcel marcia marco marcus margaret
margarita margo marguerite maria marian marianne maribel marie marietta marilyn mario marion marisa marissa marjorie
mark marla marlena marlene marsha marshall martha martin marty marvin mary maryann mason matt matthew maura maureen
maurice max maxine maxwell may megan meghan mel melanie melinda melissa melody melvin mercedes meredith micah michael
michaela michele michelle miguel mike mildred miles milton mindy miranda miriam misty mitch mitchell mitzi moira molly
mona monica morgan morris moses muriel murray myra myron nadia nadine nan nancy naomi natalie natasha nathan nathaniel
neal ned neil nell nelson nicholas nick nicki nicky nicola nicolas nicole nigel nikki nina noah noel nora norma norman
octavia olive oliver olivia ollie omar opal ora orlando oscar otis otto owen paige pam pamela pat patrice patricia
patrick patsy patti patty paul paula paulette pauline pearl peggy penelope penny percy perry pete peter phil philip
phillip phoebe phyllis polly preston priscilla quentin quinn rachael rachel ralph ramon ramona randal randall randi
randolph randy raquel raul ray raymond reba rebecca reed reggie regina reginald reid renee reuben rex rhonda ricardo
rich richard rick rickey ricky rita rob robbie robert roberta roberto robin robyn rochelle rod roderick rodger rodney
roger roland roman ron ronald ronda ronnie rory rosa rosalie rosanne rose rosemary ross roxanne roy ruben ruby rudolph
rudy rufus russ russell rusty ruth ryan sabrina sadie sally salvatore sam samantha samuel sandra sandy sara sarah
saul scott sean sebastian sergio seth shane shannon shari sharon shaun shauna shawn sheila shelby sheldon shelley
shelly sheri sherman sherri sherry sheryl shirley sid sidney sierra silvia simon simone skip sofia sonia sonja sonya
sophia sophie spencer stacey stacy stan stanley stella stephan stephanie stephen steve steven stewart stu stuart sue
summer susan susana susanna susanne susie suzanne sybil sydney sylvia tabitha tamara tami tammy tanner tanya tara
tasha taylor ted terence teresa teri terrance terrence terri terry tess thelma theodore theresa thomas tiffany tim
timothy tina toby tod todd tom tommy toni tony tonya tracey traci tracie tracy travis trent trevor tricia trina
trisha tristan troy tucker tyler valerie vance vanessa vaughn vera vern vernon veronica vicki vickie vicky victor
victoria vince vincent viola violet virgil virginia vivian wade wallace wally walt walter wanda warren wayne wendell
wendy wes wesley whitney wilbur will willard william willie wilma winston woodrow yolanda yvette yvonne zach zachary
zack zoe gwynne darla salene lyn kaise jennie joni kerri leanne lorna maeve niamh oisin padraig roisin siobhan ciaran
aoife eoin declan fergus hamish alasdair alistair angus callum ewan iain euan rhys gareth geraint owain sian carys
nic jess dominick kiernan rupert giles piers nigel hugo imelda philippa pippa tamsin gemma jemma kirsty lesley
"""

_EUROPEAN = """
achim adele adriana adriano agnes agnieszka agustin aino alain alban alberto albrecht aldo aleksandr aleksandra
aleksander aleksei alessandra alessandro alessia alexandre alexei alexey alexia alfonso alfredo alina alois alvaro
amedeo amelie anders andrei andrej andrey andrzej anette anke anja anki annika anouk ansgar anton antonella antti
ariane arjen armin arnaud arne arno arturo astrid athanasios augusto axel barbel bartosz bastian beata beate beatriz
benedetta benedikt benoit bernardo bernd bernhard berthold birgit bjarne bjorn bogdan boris britta brigitte camilla
carina carine carlo carlotta carolina carsten catarina caterina cecile celine cesar chantal charlotta chiara christel
christelle christof christoph christophe claes claudio clemens clement concepcion constantin corinna corinne cornelia
cosima costas cyril cyrille dagmar damien damir daniele danuta dario davide delphine denis detlef didier diego dieter
dietmar dimitri dimitris dirk dmitri dmitriy dmitry dominik dominique dorota dorothea edoardo eduard eduardo egor
ekaterina elias elisabeth elisabetta elke emanuel emanuela emilie emilio emmanuel emmanuelle enrico enrique enzo erich
ernst erwin esben esteban estelle etienne eugenia evgeny evgeniy ewa fabian fabien fabio fabrice fabrizio federica
federico felipe ferdinand ferran filip filippo flavio florent florian frans franz francois francoise frederic
frederik fredrik friedrich fritz gaetan gaspard geert georg georges georgios gerardo gerd gerhard gernot gert ghislain
giacomo gianni gilles giorgio giovanni gisela giulia giuseppe gonzalo goran gosta grazyna greger grigori grzegorz
guido guillaume guillermo gunnar gunther gustav gustavo hakan hanna hanne hannes hans harald hartmut heike heiko
heinrich heinz helene helga helge helmut hendrik henning henri henrik herve hilde holger horst hubert ida igor ilaria
ilka ilya inga inge ingo ines ioannis irina isabelle iva ivana iwona jaakko jacek jacopo jacques jakob jakub jana janez
janne janos jari jaroslav javier jeroen jerzy jesper jesus joachim joao joakim jochen joerg johan johanna johannes
jonas jordi jorg jorgen joris josef jukka jules julien juliette jurgen juri kai kaisa kamil karel karina karolina
karsten kaspar kasper katarina katarzyna katharina kathrin katja katrin kaj kjell kjetil klaas klaus konrad konstantin
kristian kristof krzysztof laetitia lars lasse laszlo laurent lea leif lena leonardo leopold lidia liliana linus lionel
lorenz lorenzo lothar luc luca luciano ludovic ludwig luigi luisa lukas lukasz maarten maciej magali magdalena magnus
maike maja malgorzata malin manfred manon manuel manuela marcello marcin marek margit margot mariana marianna marie
mariella mariusz marijn marika marina marius marko markku markus marta martina massimo mateusz mathias mathieu
mathilde matteo matthias matthieu matti maurizio mauro maxim maxime mette mia michail michal michel mikael mikhail
mikko milan milos mirko miroslav mohamed monika monique moritz nadine natalia nathalie niccolo niels niklas nikola
nikolai nikolaos nikolas nikolaus nikolay nils norbert oksana olaf olav ole oleg olga olivier ondrej orsolya ove pablo
paola paolo pascal pascale patricio patrik paulina paulo pavel pawel pedro peer pekka per petr petra philipp philippe
pia pier pierre pierluigi pietro piotr poul rafael rafal raffaele raimund rainer raphael regis reiner reinhard remi
remy renata renate renato rene riccardo roberta robrecht rocco rodolfo rodrigo roel roland romain romano rosario rudolf
rui ruud sabine salvador samuele sandrine sandro santiago sara saskia sascha sepp serge sergei sergey severine sigrid
silke silvio simona sinead slavko sofie sonke soren stefan stefania stefanie stefano steffen stephane sten stig susanne
sven svetlana sylvain sylvie szymon tadeusz tanja tatiana tatjana teemu teodor tero theo theodor thibault thierry
thijs thilo thorsten tiago till tilo timo tobias tomas tomasz torben torsten tove tuomas udo ulf ulla ulrich ulrika
ulrike urs ursula ute uwe vadim valentin valentina valeria valerio vasily veerle veronika veronique viktor viktoria
vincenzo vincenzo virginie vitaly vitaliy vittorio vlad vladimir volker waldemar walther werner wiebke wilfried
wilhelm willem wim wolfgang wojciech wouter xavier yann yannick yevgeny yuri yves yvan zbigniew zdenek zoltan zofia lucja soren jozef malgosia kasia
"""

_WORLD = """
aarti abbas abdul abdullah abhay abhijit abhinav abhishek aditi aditya ahmad ahmed ai aiko ajay ajit akash akhil akiko
akio akira akshay alok aman amar amit amita amitabh amol amrita anand ananth anil anirudh anish anita anjali anjana
ankit ankur anoop anshul anu anuj anup anupam anurag aparna archana arjun armando arnav arun aruna arvind asha ashish
ashok ashwin asif atsushi atul avinash ayesha aziz bala balaji bashir bharat bhavesh bhavin bhaskar bin bo carmelita
chandan chandrasekhar chang chen chetan chi chiara chidi ching chun daisuke dalia deepa deepak deepika dev devendra
dhananjay dharmesh dhruv dilip dinesh divya eiji emeka emre fadi fahad faisal farah farhad farid farooq fatima feng
firoz gang ganesh gaurav gautam geeta giridhar girish gita gopal govind gurpreet hamid han hao hari harish harpreet
harsh harsha hasan hassan hemant hideki hideo hieu himanshu hiren hiro hiroki hiroshi hitesh hong hongwei hoang hua
hui huan hussain ibrahim imran indira indra irfan isha ismail jagdish jai jamal jasbir javed jayant jayesh jia jian
jianguo jianming jie jigar jin jing jitendra jitender jun jung jyoti kailash kalpana kalyan kamal kamran kapil karan
karim kartik karthik kavita kazuhiro kazuo keiko keiji ken kenichi kenji kenta khaled khalid kiran kishore koichi
krishna kumar kunal kwame laila lakshmi lalit latha layla lei leila li lijun lin ling lingling liping madhav madhu
madhuri mahendra mahesh mahmoud makoto mala malik manish manisha manoj mansi mantosh mariko masahiro masako masato
masaru masashi meena meera mei mehmet mehul mei michiko ming minh mitesh mitsuru mohan mohammad mohammed mohit muhammad
mukesh mukul mustafa nabil nadeem nagesh nalini namrata nandini naoki naoko naoto narayan narendra naresh nasir naveen
navin neel neeraj neeta neha nehal nidhi nikhil nilesh ning niraj nirav nisha nishant nitin noriko nguyen obinna olu
olumide oluwaseun omar osama osamu padma padmini pallavi pankaj parag parth partha payal pei peng ping pooja prabhu
pradeep pradip praful prakash pramod pranav prasad prasanna prashant prateek pratik praveen prem preeti prithvi priya
priyanka punit purvi qi qiang qing quan rachna radha raghav raghu rahul raj raja rajan rajat rajeev rajendra rajesh
rajiv rajni raju rakesh ram rama raman ramesh rana ranjan ranjit rashid rashmi ravi ravindra rei reiko rekha renu
reza rina ritesh ritu riya rohan rohit rong roshan ruchi ruchir ryo ryota saad sachin sadiq saeed sagar said sajid
sakshi salim salman samir sameer samit sana sandeep sandip sangeeta sanjay sanjeev sanjiv santosh sarika sarita satish
satoshi satya satyam saurabh savita seema seiji sergio shah shahid shailesh shalini shankar sharad shashi sheetal
shekhar shigeru shilpa shin shinichi shinji shiro shirish shiv shivani sho shoji shreya shruti shuba shubham shweta
sid siddharth sneha sonal srikanth srini srinivas sridhar sriram stanislav su subhash subramaniam sudha sudhir suhas
sujata suman sumit sundar sunil sunita suraj surajit surendra suresh surya sushil sushma swapnil swati tadashi tahira
taiichi takao takashi takeshi takuya tanvi tapan tarek tariq tarun tatsuya tejas thanh tilak toru toshi toshiaki
toshihiro tsuyoshi tuan tushar uday uma umesh usha usman vaibhav vandana vani varun vasant venkat venkata venkatesh
vidya vijay vijaya vikas vikram vikrant vinay vineet vinit vinod vipin vipul viral virendra vishal vishnu vivek wasim
wei weiming wen xavier xi xiang xiao xiaodong xiaoling xiaoming xin xing xiu yan yang yash yasmin yasuhiro yasuo yi ying
yogesh yoichi yohannes yong yoshi yoshiaki yu yuan yue yui yuki yukiko yun yuko yusuf yuta yutaka zafar zahid zainab
zhao zhen zheng zhi zhiwei zhong zhou amir amos anat ari ariel asaf asher avi aviv avner avraham boaz chaim dalit dov
efrat eitan elad elan eldad elie eran erez eyal gadi gal gil gideon gilad guy hadas haim hila ilan inbal itai itamar
itzik jonathan lior liora liron maya meir menachem merav michal mordechai moshe nadav natan nir nira nitzan noa noam
oded ofer ofir ohad omer omri oren orit orly orna ran roni ronen rotem sagi shai shaul shimon shlomo shmuel sigal
tal talia tamar tamir tomer tzvi uri uriel yael yair yaniv yaron yechiel yehuda yigal yitzhak yoav yoel yonatan yossi
yotam yuval zeev ziv abdel adel amal amina amine anwar ayman bilal dina driss ehsan ghassan habib hadi hala hana hani
hatem hisham hoda hossam huda iman jaber jamila karima khadija lamia latifa leyla maha mahdi majid malak mansour
marwan mazen mehdi mona mounir nabila nader nadim naim najib nasser nizar noura omid osman othman rafiq ramzi rania rami
rashed reem riad rima saif salah saleh salma sami samira sara shadi sharif soraya souad tamer walid wael yahya yasser
yassine younes yousef youssef zaid ziad zineb adebayo adeola akin amara ama ayo babatunde chiamaka chika chinedu chioma
dawit ebere efe ekow femi folake funmi gbenga ifeanyi ikenna kofi kojo kwabena kwasi mandla mohau naledi ngozi nkechi
nneka nomsa ola olufemi sipho tendai thabo thandi themba tunde uche winnie yaw zanele zodwa alejandra alejandro andres
anibal araceli belen carolina celia chavez cristian cristobal dolores efrain elba emiliano ernesto esperanza estela
ezequiel fabiola fatima fausto fidel florencia gerardo gilberto graciela guadalupe hernan hilda horacio hugo humberto
ignacia ines ivette jacinto jairo joaquin jovita julio leandro leonor lorena lourdes luz macarena manolo marcelo
maricela marisol martin mateo mauricio maximo mirta nestor nicanor noelia norberto nuria octavio osvaldo paloma pilar
ramiro raimundo reinaldo rocio rogelio rolando rosalba ruben santos soledad susana teresita tomas valeria vicente
wilson ximena yadira yesenia youssou an bao binh chau cuong dao duc dung giang ha hai hang hien hung huong huy khanh
kien lan linh long luan mai minh my nam nga ngoc nhan nhu phuong phuc quang quoc quyen son tam thao thi thu thuy tien
toan trang tri trinh trung tu van viet vinh xuan yen anong arthit boon chai kanya malee niran prasert somchai somsak
suda surasak agus andi bambang budi dewi dian eko fajar hendra indah iwan joko kartika lestari made putri rizky rudi
sari siti sri sutrisno teguh wahyu wati yanti yudi aldrin arnel benigno corazon danilo divina ferdinand imelda jejomar
jun lito manny marites rey rodel rommel rowena hyun ji jihoon jin jisoo joon jung kyung min minho minjun seo seung
soo soon sung tae woo yeon young youngho
"""

GIVEN_NAMES: frozenset[str] = frozenset((_ENGLISH + _EUROPEAN + _WORLD).split())
