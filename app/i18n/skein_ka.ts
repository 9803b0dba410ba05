<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="ka">
    <context>
        <name>AccountHead</name>
        <message>
            <source>Accounts: %1</source>
            <translation>ანგარიშები: %1</translation>
        </message>
        <message numerus="yes">
            <source>%n unread in other accounts</source>
            <translation>
                <numerusform>%n წაუკითხავი სხვა ანგარიშებში</numerusform>
                <numerusform>%n წაუკითხავი სხვა ანგარიშებში</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>AccountMenu</name>
        <message>
            <source>Accounts</source>
            <translation>ანგარიშები</translation>
        </message>
        <message>
            <source>Add account…</source>
            <translation>ანგარიშის დამატება…</translation>
        </message>
        <message numerus="yes">
            <source>No more than %n account(s)</source>
            <translation>
                <numerusform>არაუმეტეს %n ანგარიშისა</numerusform>
                <numerusform>არაუმეტეს %n ანგარიშისა</numerusform>
            </translation>
        </message>
        <message>
            <source>Sign out %1</source>
            <translation>გასვლა: %1</translation>
        </message>
    </context>
    <context>
        <name>AccountRow</name>
        <message>
            <source>Sign in again</source>
            <translation>ხელახლა შესვლა</translation>
        </message>
        <message numerus="yes">
            <source>%n unread</source>
            <translation>
                <numerusform>%n წაუკითხავი</numerusform>
                <numerusform>%n წაუკითხავი</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>AskDialog</name>
        <message>
            <source>Cancel</source>
            <translation>გაუქმება</translation>
        </message>
    </context>
    <context>
        <name>ChatPage</name>
        <message>
            <source>No keychain</source>
            <translation>გასაღებების საცავი არ არის</translation>
        </message>
        <message>
            <source>No keychain of this system keeps the sign-in: there is none, or it is locked. Keep it in a file that only you can read? Otherwise it ends with the program.</source>
            <translation>ამ სისტემის გასაღებების საცავი შესვლას არ ინახავს: საცავი არ არის, ან ჩაკეტილია. შევინახოთ შესვლა ფაილში, რომელსაც მხოლოდ თქვენ წაიკითხავთ? სხვაგვარად ის პროგრამასთან ერთად დასრულდება.</translation>
        </message>
        <message>
            <source>Keep in a file</source>
            <translation>ფაილში შენახვა</translation>
        </message>
        <message>
            <source>That message is not available.</source>
            <translation>ეს შეტყობინება მიუწვდომელია.</translation>
        </message>
        <message>
            <source>Close</source>
            <translation>დახურვა</translation>
        </message>
        <message>
            <source>Sign out</source>
            <translation>გასვლა</translation>
        </message>
        <message>
            <source>Open this link?</source>
            <translation>გავხსნათ ეს ბმული?</translation>
        </message>
        <message>
            <source>It leads to %1.</source>
            <translation>ის მიდის მისამართზე %1.</translation>
        </message>
        <message>
            <source>Open</source>
            <translation>გახსნა</translation>
        </message>
        <message>
            <source>Sign out?</source>
            <translation>გნებავთ გასვლა?</translation>
        </message>
        <message numerus="yes">
            <source>%n message(s) are not sent yet and would be lost.</source>
            <translation>
                <numerusform>%n შეტყობინება ჯერ არ გაგზავნილა და დაიკარგება.</numerusform>
                <numerusform>%n შეტყობინება ჯერ არ გაგზავნილა და დაიკარგება.</numerusform>
            </translation>
        </message>
        <message>
            <source>This device forgets your conversations. They stay on the server.</source>
            <translation>ეს მოწყობილობა თქვენს საუბრებს დაივიწყებს. სერვერზე ისინი დარჩება.</translation>
        </message>
    </context>
    <context>
        <name>Composer</name>
        <message>
            <source>Reply to an earlier message</source>
            <translation>პასუხი ადრინდელ შეტყობინებაზე</translation>
        </message>
        <message>
            <source>You</source>
            <translation>თქვენ</translation>
        </message>
        <message>
            <source>Edit message</source>
            <translation>შეტყობინების შესწორება</translation>
        </message>
        <message>
            <source>Message</source>
            <translation>შეტყობინება</translation>
        </message>
        <message>
            <source>Write a message</source>
            <translation>დაწერეთ შეტყობინება</translation>
        </message>
        <message>
            <source>Save</source>
            <translation>შენახვა</translation>
        </message>
        <message>
            <source>Send</source>
            <translation>გაგზავნა</translation>
        </message>
        <message numerus="yes">
            <source>Slowed down by the server. Your messages go on in %n second(s).</source>
            <translation>
                <numerusform>სერვერმა შეგანელათ. თქვენი შეტყობინებები %n წამში გაგრძელდება.</numerusform>
                <numerusform>სერვერმა შეგანელათ. თქვენი შეტყობინებები %n წამში გაგრძელდება.</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>ConnectionBanner</name>
        <message>
            <source>Unlock it and start Skein again, or sign in.</source>
            <translation>განბლოკეთ ის და თავიდან გაუშვით Skein, ან შედით.</translation>
        </message>
        <message>
            <source>Sign in</source>
            <translation>შესვლა</translation>
        </message>
        <message>
            <source>This network lets no live connection through: connected over HTTP, which may be slower.</source>
            <translation>ეს ქსელი პირდაპირ კავშირს არ უშვებს: დაკავშირებულია HTTP-ით, რაც შეიძლება უფრო ნელი იყოს.</translation>
        </message>
        <message numerus="yes">
            <source>%n message(s) wait to be sent.</source>
            <translation>
                <numerusform>%n შეტყობინება ელოდება გაგზავნას.</numerusform>
                <numerusform>%n შეტყობინება ელოდება გაგზავნას.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n message(s) could not be sent.</source>
            <translation>
                <numerusform>%n შეტყობინება ვერ გაიგზავნა.</numerusform>
                <numerusform>%n შეტყობინება ვერ გაიგზავნა.</numerusform>
            </translation>
        </message>
        <message>
            <source>Retry all</source>
            <translation>ყველას გამეორება</translation>
        </message>
        <message>
            <source>Retry now</source>
            <translation>ახლავე ცდა</translation>
        </message>
        <message numerus="yes">
            <source>Next attempt in %n second(s).</source>
            <translation>
                <numerusform>შემდეგი ცდა %n წამში.</numerusform>
                <numerusform>შემდეგი ცდა %n წამში.</numerusform>
            </translation>
        </message>
        <message>
            <source>Retry</source>
            <translation>ხელახლა</translation>
        </message>
    </context>
    <context>
        <name>SignInAgainDialog</name>
        <message>
            <source>Sign in again</source>
            <translation>ხელახლა შესვლა</translation>
        </message>
        <message>
            <source>Your conversations and what is not sent yet stay on this device.</source>
            <translation>თქვენი საუბრები და ჯერ გაუგზავნელი შეტყობინებები ამ მოწყობილობაზე რჩება.</translation>
        </message>
        <message>
            <source>Password of %1</source>
            <translation>%1-ის პაროლი</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>გაუქმება</translation>
        </message>
        <message>
            <source>One moment…</source>
            <translation>ერთი წამით…</translation>
        </message>
        <message>
            <source>Sign in</source>
            <translation>შესვლა</translation>
        </message>
    </context>
    <context>
        <name>ContextBar</name>
        <message>
            <source>Cancel</source>
            <translation>გაუქმება</translation>
        </message>
    </context>
    <context>
        <name>Desktop</name>
        <message>
            <source>Today</source>
            <translation>დღეს</translation>
        </message>
        <message>
            <source>Yesterday</source>
            <translation>გუშინ</translation>
        </message>
    </context>
    <context>
        <name>FailedLine</name>
        <message>
            <source>Not sent</source>
            <translation>არ გაიგზავნა</translation>
        </message>
        <message>
            <source>Retry</source>
            <translation>გამეორება</translation>
        </message>
        <message>
            <source>Edit</source>
            <translation>შესწორება</translation>
        </message>
        <message>
            <source>Discard</source>
            <translation>წაშლა გაუგზავნელად</translation>
        </message>
    </context>
    <context>
        <name>HoleRow</name>
        <message numerus="yes">
            <source>Loading %n message(s)</source>
            <translation>
                <numerusform>იტვირთება %n შეტყობინება</numerusform>
                <numerusform>იტვირთება %n შეტყობინება</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n message(s) come with the connection</source>
            <translation>
                <numerusform>%n შეტყობინება კავშირთან ერთად მოვა</numerusform>
                <numerusform>%n შეტყობინება კავშირთან ერთად მოვა</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n message(s) did not come</source>
            <translation>
                <numerusform>%n შეტყობინება არ მოვიდა</numerusform>
                <numerusform>%n შეტყობინება არ მოვიდა</numerusform>
            </translation>
        </message>
        <message>
            <source>Try again</source>
            <translation>კიდევ სცადეთ</translation>
        </message>
    </context>
    <context>
        <name>JumpButton</name>
        <message numerus="yes">
            <source>Jump to the newest message, %n unread</source>
            <translation>
                <numerusform>უახლეს შეტყობინებაზე გადასვლა, %n წაუკითხავი</numerusform>
                <numerusform>უახლეს შეტყობინებაზე გადასვლა, %n წაუკითხავი</numerusform>
            </translation>
        </message>
        <message>
            <source>Jump to the newest message</source>
            <translation>უახლეს შეტყობინებაზე გადასვლა</translation>
        </message>
    </context>
    <context>
        <name>Main</name>
        <message>
            <source>(%1) Skein</source>
            <translation>(%1) Skein</translation>
        </message>
        <message>
            <source>Skein</source>
            <translation>Skein</translation>
        </message>
        <message numerus="yes">
            <source>%n unsent message(s)</source>
            <translation>
                <numerusform>%n გაუგზავნელი შეტყობინება</numerusform>
                <numerusform>%n გაუგზავნელი შეტყობინება</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n draft(s)</source>
            <translation>
                <numerusform>%n მონახაზი</numerusform>
                <numerusform>%n მონახაზი</numerusform>
            </translation>
        </message>
        <message>
            <source>%1 was signed out of this device from another one, and its data here were deleted.</source>
            <translation>%1 ამ მოწყობილობიდან სხვა მოწყობილობით გამოიყვანეს და მისი მონაცემები აქ წაიშალა.</translation>
        </message>
        <message>
            <source>Lost with them: %1.</source>
            <translation>მათთან ერთად დაიკარგა: %1.</translation>
        </message>
    </context>
    <context>
        <name>MenuPanel</name>
        <message>
            <source>Actions</source>
            <translation>მოქმედებები</translation>
        </message>
    </context>
    <context>
        <name>MessageRow</name>
        <message>
            <source>You</source>
            <translation>თქვენ</translation>
        </message>
        <message>
            <source>Message deleted</source>
            <translation>შეტყობინება წაშლილია</translation>
        </message>
        <message>
            <source>edited %1</source>
            <translation>შესწორდა %1</translation>
        </message>
        <message>
            <source>checking…</source>
            <translation>მოწმდება…</translation>
        </message>
    </context>
    <context>
        <name>MoreMenu</name>
        <message>
            <source>Light colours</source>
            <translation>ღია ფერები</translation>
        </message>
        <message>
            <source>Dark colours</source>
            <translation>მუქი ფერები</translation>
        </message>
        <message>
            <source>Full window</source>
            <translation>სრული ფანჯარა</translation>
        </message>
        <message>
            <source>Compact panel</source>
            <translation>ვიწრო პანელი</translation>
        </message>
        <message>
            <source>Devices</source>
            <translation>მოწყობილობები</translation>
        </message>
        <message>
            <source>Diagnostics</source>
            <translation>დიაგნოსტიკა</translation>
        </message>
    </context>
    <context>
        <name>NewRoomDialog</name>
        <message>
            <source>New conversation</source>
            <translation>ახალი საუბარი</translation>
        </message>
        <message>
            <source>One person</source>
            <translation>ერთი ადამიანი</translation>
        </message>
        <message>
            <source>Several people</source>
            <translation>რამდენიმე ადამიანი</translation>
        </message>
        <message>
            <source>Name of the conversation</source>
            <translation>საუბრის სახელი</translation>
        </message>
        <message>
            <source>Names of the others, with spaces between them</source>
            <translation>სხვების სახელები, შორის ჰარით</translation>
        </message>
        <message>
            <source>Name of the other person</source>
            <translation>მეორე ადამიანის სახელი</translation>
        </message>
        <message>
            <source>ann ben …</source>
            <translation>ani beka …</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>გაუქმება</translation>
        </message>
        <message>
            <source>Start</source>
            <translation>დაწყება</translation>
        </message>
    </context>
    <context>
        <name>QuoteBox</name>
        <message>
            <source>Message not available</source>
            <translation>შეტყობინება მიუწვდომელია</translation>
        </message>
    </context>
    <context>
        <name>RoomDelegate</name>
        <message>
            <source>Draft:</source>
            <translation>მონახაზი:</translation>
        </message>
        <message>
            <source>You:</source>
            <translation>თქვენ:</translation>
        </message>
        <message>
            <source>No messages yet</source>
            <translation>შეტყობინებები ჯერ არ არის</translation>
        </message>
        <message numerus="yes">
            <source>%n unread</source>
            <translation>
                <numerusform>%n წაუკითხავი</numerusform>
                <numerusform>%n წაუკითხავი</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>RoomHeader</name>
        <message>
            <source>Back</source>
            <translation>უკან</translation>
        </message>
        <message>
            <source>Direct conversation</source>
            <translation>პირადი საუბარი</translation>
        </message>
        <message numerus="yes">
            <source>%n member(s)</source>
            <translation>
                <numerusform>%n წევრი</numerusform>
                <numerusform>%n წევრი</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>RoomPanel</name>
        <message>
            <source>New conversation</source>
            <translation>ახალი საუბარი</translation>
        </message>
        <message>
            <source>Menu</source>
            <translation>მენიუ</translation>
        </message>
        <message>
            <source>Find a conversation</source>
            <translation>საუბრის პოვნა</translation>
        </message>
        <message>
            <source>Conversations</source>
            <translation>საუბრები</translation>
        </message>
        <message>
            <source>No conversations yet</source>
            <translation>საუბრები ჯერ არ არის</translation>
        </message>
        <message>
            <source>Nothing found</source>
            <translation>ვერაფერი მოიძებნა</translation>
        </message>
        <message>
            <source>Start one with the pencil above.</source>
            <translation>დაიწყეთ ზემოთ მოცემული ფანქრით.</translation>
        </message>
        <message>
            <source>No conversation has all of these words in its name.</source>
            <translation>არცერთი საუბრის სახელში არ არის ყველა ეს სიტყვა.</translation>
        </message>
    </context>
    <context>
        <name>RoomView</name>
        <message>
            <source>Send again</source>
            <translation>ხელახლა გაგზავნა</translation>
        </message>
        <message>
            <source>Reply</source>
            <translation>პასუხი</translation>
        </message>
        <message>
            <source>Copy text</source>
            <translation>ტექსტის კოპირება</translation>
        </message>
        <message>
            <source>Open %1</source>
            <translation>გახსნა: %1</translation>
        </message>
        <message>
            <source>Read by</source>
            <translation>ვინ წაიკითხა</translation>
        </message>
        <message>
            <source>Edit</source>
            <translation>შესწორება</translation>
        </message>
        <message>
            <source>Discard</source>
            <translation>წაშლა გაუგზავნელად</translation>
        </message>
        <message>
            <source>Delete</source>
            <translation>წაშლა</translation>
        </message>
        <message>
            <source>Delete this message?</source>
            <translation>წავშალოთ ეს შეტყობინება?</translation>
        </message>
        <message>
            <source>It disappears for everybody in this conversation.</source>
            <translation>ის ამ საუბრის ყველა მონაწილეს გაუქრება.</translation>
        </message>
        <message>
            <source>Choose a conversation</source>
            <translation>აირჩიეთ საუბარი</translation>
        </message>
        <message>
            <source>Ctrl+K finds one by its name</source>
            <translation>Ctrl+K იპოვის მას სახელით</translation>
        </message>
        <message>
            <source>What happened to this message?</source>
            <translation>რა მოუვიდა ამ შეტყობინებას?</translation>
        </message>
    </context>
    <context>
        <name>ScrollThumb</name>
        <message>
            <source>Position in the conversation</source>
            <translation>ადგილი საუბარში</translation>
        </message>
    </context>
    <context>
        <name>SignInPage</name>
        <message>
            <source>Create your account</source>
            <translation>შექმენით ანგარიში</translation>
        </message>
        <message>
            <source>Welcome back</source>
            <translation>კეთილი დაბრუნება</translation>
        </message>
        <message>
            <source>Choose a name and a password of at least 8 characters.</source>
            <translation>აირჩიეთ სახელი და სულ ცოტა 8 სიმბოლოიანი პაროლი.</translation>
        </message>
        <message>
            <source>Sign in to go on where you left off.</source>
            <translation>შედით და განაგრძეთ იქიდან, სადაც შეჩერდით.</translation>
        </message>
        <message>
            <source>Name</source>
            <translation>სახელი</translation>
        </message>
        <message>
            <source>Name shown to others</source>
            <translation>სახელი, რომელსაც სხვები ხედავენ</translation>
        </message>
        <message>
            <source>Name shown to others (optional)</source>
            <translation>სახელი, რომელსაც სხვები ხედავენ (არასავალდებულო)</translation>
        </message>
        <message>
            <source>Password</source>
            <translation>პაროლი</translation>
        </message>
        <message>
            <source>Server</source>
            <translation>სერვერი</translation>
        </message>
        <message>
            <source>One moment…</source>
            <translation>ერთი წამით…</translation>
        </message>
        <message>
            <source>Create account</source>
            <translation>ანგარიშის შექმნა</translation>
        </message>
        <message>
            <source>Sign in</source>
            <translation>შესვლა</translation>
        </message>
        <message>
            <source>I have an account</source>
            <translation>ანგარიში უკვე მაქვს</translation>
        </message>
        <message>
            <source>Create an account</source>
            <translation>ანგარიშის შექმნა</translation>
        </message>
        <message>
            <source>Add an account</source>
            <translation>ანგარიშის დამატება</translation>
        </message>
        <message>
            <source>The accounts that are here stay as they are.</source>
            <translation>აქ არსებული ანგარიშები უცვლელი დარჩება.</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>გაუქმება</translation>
        </message>
    </context>
    <context>
        <name>Skein</name>
        <message>
            <source>Signed out</source>
            <translation>გასული ხართ</translation>
        </message>
        <message>
            <source>No network</source>
            <translation>ქსელი არ არის</translation>
        </message>
        <message>
            <source>Waiting to reconnect</source>
            <translation>ელოდება ხელახლა დაკავშირებას</translation>
        </message>
        <message>
            <source>Connecting…</source>
            <translation>კავშირდება…</translation>
        </message>
        <message>
            <source>Signing in…</source>
            <translation>შედის…</translation>
        </message>
        <message>
            <source>Catching up…</source>
            <translation>იღებს ახალს…</translation>
        </message>
        <message>
            <source>Connected</source>
            <translation>დაკავშირებულია</translation>
        </message>
        <message>
            <source>Connected over HTTP</source>
            <translation>დაკავშირებულია HTTP-ით</translation>
        </message>
        <message>
            <source>Disconnected</source>
            <translation>კავშირი გაწყვეტილია</translation>
        </message>
        <message>
            <source>Today</source>
            <translation>დღეს</translation>
        </message>
        <message>
            <source>Yesterday</source>
            <translation>გუშინ</translation>
        </message>
        <message>
            <source>dddd, d MMMM</source>
            <translation>dddd, d MMMM</translation>
        </message>
        <message>
            <source>d MMMM yyyy</source>
            <translation>d MMMM yyyy</translation>
        </message>
        <message>
            <source>Waiting to be sent</source>
            <translation>ელოდება გაგზავნას</translation>
        </message>
        <message>
            <source>Sending</source>
            <translation>იგზავნება</translation>
        </message>
        <message>
            <source>The server is saving it</source>
            <translation>სერვერი ინახავს</translation>
        </message>
        <message>
            <source>Sent</source>
            <translation>გაიგზავნა</translation>
        </message>
        <message>
            <source>Delivered</source>
            <translation>მივიდა</translation>
        </message>
        <message>
            <source>Read</source>
            <translation>წაიკითხეს</translation>
        </message>
        <message>
            <source>Not sent</source>
            <translation>არ გაიგზავნა</translation>
        </message>
        <message>
            <source>%1 is typing…</source>
            <translation>%1 წერს…</translation>
        </message>
        <message>
            <source>%1 and %2 are typing…</source>
            <translation>%1 და %2 წერენ…</translation>
        </message>
        <message numerus="yes">
            <source>%n people are typing…</source>
            <translation>
                <numerusform>%n ადამიანი წერს…</numerusform>
                <numerusform>%n ადამიანი წერს…</numerusform>
            </translation>
        </message>
        <message>
            <source>Checking whether it arrived</source>
            <translation>მოწმდება, მივიდა თუ არა</translation>
        </message>
        <message>
            <source>Waits behind a message that was not sent</source>
            <translation>ელოდება შეტყობინებას, რომელიც ვერ გაიგზავნა</translation>
        </message>
    </context>
    <context>
        <name>SkeinErrors</name>
        <message>
            <source>The message could not be understood.</source>
            <translation>შეტყობინების გაგება ვერ მოხერხდა.</translation>
        </message>
        <message>
            <source>This is too large to send.</source>
            <translation>ეს გასაგზავნად ძალიან დიდია.</translation>
        </message>
        <message>
            <source>The other side does not know this feature yet.</source>
            <translation>მეორე მხარე ამ შესაძლებლობას ჯერ არ იცნობს.</translation>
        </message>
        <message>
            <source>Part of this message is not valid.</source>
            <translation>ამ შეტყობინების ნაწილი არასწორია.</translation>
        </message>
        <message>
            <source>The connection lost step. It is being set up again.</source>
            <translation>კავშირის რიგი აირია. ხელახლა მყარდება.</translation>
        </message>
        <message>
            <source>This version is too old for the server. Please update.</source>
            <translation>ეს ვერსია სერვერისთვის ძალიან ძველია. გთხოვთ, განაახლეთ.</translation>
        </message>
        <message>
            <source>Wrong name or password.</source>
            <translation>არასწორი სახელი ან პაროლი.</translation>
        </message>
        <message>
            <source>The sign-in has expired and is being renewed.</source>
            <translation>შესვლის ვადა გავიდა და ახლდება.</translation>
        </message>
        <message>
            <source>The sign-in is no longer valid. Please sign in again.</source>
            <translation>შესვლა აღარ მოქმედებს. გთხოვთ, ხელახლა შეხვიდეთ.</translation>
        </message>
        <message>
            <source>You are not allowed to do this here.</source>
            <translation>აქ ამის უფლება არ გაქვთ.</translation>
        </message>
        <message>
            <source>This does not exist, or you have no access to it.</source>
            <translation>ეს არ არსებობს, ან მასზე წვდომა არ გაქვთ.</translation>
        </message>
        <message>
            <source>Somebody else changed this first.</source>
            <translation>ეს სხვამ თქვენზე ადრე შეცვალა.</translation>
        </message>
        <message>
            <source>This device was signed out.</source>
            <translation>ამ მოწყობილობიდან გამოგიყვანეს.</translation>
        </message>
        <message>
            <source>This account is blocked.</source>
            <translation>ეს ანგარიში დაბლოკილია.</translation>
        </message>
        <message>
            <source>Slowed down for a moment. Nothing is lost.</source>
            <translation>ცოტა ხნით შენელდა. არაფერი დაკარგულა.</translation>
        </message>
        <message>
            <source>Too many devices are connected at once.</source>
            <translation>ერთდროულად ძალიან ბევრი მოწყობილობაა დაკავშირებული.</translation>
        </message>
        <message>
            <source>This message is too long.</source>
            <translation>ეს შეტყობინება ძალიან გრძელია.</translation>
        </message>
        <message>
            <source>The connection was too slow and is being set up again.</source>
            <translation>კავშირი ძალიან ნელი იყო და ხელახლა მყარდება.</translation>
        </message>
        <message>
            <source>The server is busy. Trying again.</source>
            <translation>სერვერი დაკავებულია. ხელახლა ვცდით.</translation>
        </message>
        <message>
            <source>Waiting for the message before it.</source>
            <translation>ელოდება წინა შეტყობინებას.</translation>
        </message>
        <message>
            <source>The server was reset. Catching up.</source>
            <translation>სერვერი განულდა. მიმდინარეობს განახლება.</translation>
        </message>
        <message>
            <source>The disk is full.</source>
            <translation>დისკი სავსეა.</translation>
        </message>
        <message>
            <source>The local storage does not work.</source>
            <translation>ადგილობრივი საცავი არ მუშაობს.</translation>
        </message>
        <message>
            <source>The local storage is damaged.</source>
            <translation>ადგილობრივი საცავი დაზიანებულია.</translation>
        </message>
        <message>
            <source>The data was written by a newer version. Please update.</source>
            <translation>მონაცემები უფრო ახალმა ვერსიამ ჩაწერა. გთხოვთ, განაახლეთ.</translation>
        </message>
        <message>
            <source>Another program is using this data.</source>
            <translation>ამ მონაცემებს სხვა პროგრამა იყენებს.</translation>
        </message>
        <message>
            <source>There is no network.</source>
            <translation>ქსელი არ არის.</translation>
        </message>
        <message>
            <source>The connection was lost.</source>
            <translation>კავშირი გაწყდა.</translation>
        </message>
        <message>
            <source>The server did not answer in time.</source>
            <translation>სერვერმა დროზე არ უპასუხა.</translation>
        </message>
        <message>
            <source>The server is restarting.</source>
            <translation>სერვერი ხელახლა ირთვება.</translation>
        </message>
        <message>
            <source>The address is used by another program.</source>
            <translation>მისამართი სხვა პროგრამას უკავია.</translation>
        </message>
        <message>
            <source>The system keychain is not available.</source>
            <translation>სისტემის გასაღებების საცავი მიუწვდომელია.</translation>
        </message>
        <message>
            <source>Cancelled.</source>
            <translation>გაუქმებულია.</translation>
        </message>
        <message>
            <source>This is not possible here.</source>
            <translation>აქ ეს შეუძლებელია.</translation>
        </message>
        <message>
            <source>Something went wrong inside.</source>
            <translation>შიგნით რაღაც შეცდომა მოხდა.</translation>
        </message>
    </context>
    <context>
        <name>Spinner</name>
        <message>
            <source>Loading</source>
            <translation>იტვირთება</translation>
        </message>
    </context>
    <context>
        <name>TimelineMarks</name>
        <message>
            <source>Reply</source>
            <translation>პასუხი</translation>
        </message>
        <message>
            <source>More actions</source>
            <translation>სხვა მოქმედებები</translation>
        </message>
    </context>
    <context>
        <name>TimelineView</name>
        <message>
            <source>Messages</source>
            <translation>შეტყობინებები</translation>
        </message>
        <message>
            <source>No messages yet</source>
            <translation>შეტყობინებები ჯერ არ არის</translation>
        </message>
        <message>
            <source>Say hello: what you write is kept and sent even while you are offline.</source>
            <translation>მიესალმეთ: რასაც წერთ, ინახება და იგზავნება, თუნდაც ქსელის გარეშე იყოთ.</translation>
        </message>
    </context>
    <context>
        <name>UnreadLine</name>
        <message>
            <source>New messages</source>
            <translation>ახალი შეტყობინებები</translation>
        </message>
    </context>
    <context>
        <name>ReadByPanel</name>
        <message>
            <source>Read by %1 of %2</source>
            <translation>წაიკითხა: %1, სულ %2</translation>
        </message>
        <message>
            <source>Read by</source>
            <translation>ვინ წაიკითხა</translation>
        </message>
        <message numerus="yes">
            <source>delivered to %n more</source>
            <translation>
                <numerusform>მიუვიდა კიდევ %n ადამიანს</numerusform>
                <numerusform>მიუვიდა კიდევ %n ადამიანს</numerusform>
            </translation>
        </message>
        <message>
            <source>Read</source>
            <translation>წაიკითხა</translation>
        </message>
        <message>
            <source>Delivered</source>
            <translation>მიუვიდა</translation>
        </message>
        <message>
            <source>Not delivered yet</source>
            <translation>ჯერ არ მისვლია</translation>
        </message>
        <message>
            <source>Close</source>
            <translation>დახურვა</translation>
        </message>
        <message>
            <source>Somebody</source>
            <translation>ვიღაც</translation>
        </message>
        <message>
            <source>Nobody else is known in this conversation yet.</source>
            <translation>ამ მიმოწერის სხვა წევრები ჯერ უცნობია.</translation>
        </message>
    </context>
    <context>
        <name>DevicesDialog</name>
        <message>
            <source>Devices</source>
            <translation>მოწყობილობები</translation>
        </message>
        <message>
            <source>Sign out this device?</source>
            <translation>გამოვიდეს ეს მოწყობილობა?</translation>
        </message>
        <message>
            <source>%1 is signed out and deletes its data as soon as it is online. What was not sent from there is lost.</source>
            <translation>%1 ანგარიშიდან გამოვა და თავის მონაცემებს წაშლის, როგორც კი ქსელში გამოჩნდება. რაც იქიდან არ გაგზავნილა, დაიკარგება.</translation>
        </message>
        <message>
            <source>Sign out</source>
            <translation>გამოსვლა</translation>
        </message>
        <message>
            <source>Sign out %1</source>
            <translation>%1: გამოსვლა</translation>
        </message>
        <message>
            <source>Unnamed device</source>
            <translation>უსახელო მოწყობილობა</translation>
        </message>
        <message>
            <source>This device</source>
            <translation>ეს მოწყობილობა</translation>
        </message>
        <message>
            <source>Last seen %1</source>
            <translation>ბოლოს ჩანდა: %1</translation>
        </message>
        <message>
            <source>Close</source>
            <translation>დახურვა</translation>
        </message>
    </context>
    <context>
        <name>OtherDraftLine</name>
        <message>
            <source>Draft from another device: %1</source>
            <translation>მონახაზი სხვა მოწყობილობიდან: %1</translation>
        </message>
        <message>
            <source>Add it</source>
            <translation>დამატება</translation>
        </message>
        <message>
            <source>Discard</source>
            <translation>გაუქმება</translation>
        </message>
    </context>
    <context>
        <name>DiagnosticsPage</name>
        <message>
            <source>Diagnostics</source>
            <translation>დიაგნოსტიკა</translation>
        </message>
        <message>
            <source>Back</source>
            <translation>უკან</translation>
        </message>
        <message>
            <source>Copied</source>
            <translation>დაკოპირდა</translation>
        </message>
        <message>
            <source>Copy report</source>
            <translation>ანგარიშის კოპირება</translation>
        </message>
        <message>
            <source>Figures</source>
            <translation>მაჩვენებლები</translation>
        </message>
        <message>
            <source>Failed</source>
            <translation>ვერ გაიგზავნა</translation>
        </message>
        <message>
            <source>Reconnects</source>
            <translation>ხელახალი დაკავშირება</translation>
        </message>
        <message>
            <source>Disk errors</source>
            <translation>დისკის შეცდომები</translation>
        </message>
        <message>
            <source>How long things take</source>
            <translation>რამდენი ხანი სჭირდება</translation>
        </message>
        <message>
            <source>Earlier connections</source>
            <translation>წინა კავშირები</translation>
        </message>
        <message>
            <source>Waiting</source>
            <translation>ელოდება</translation>
        </message>
    </context>
    <context>
        <name>EventLines</name>
        <message>
            <source>What happened</source>
            <translation>რა მოხდა</translation>
        </message>
    </context>
    <context>
        <name>LatencyPlot</name>
        <message>
            <source>%1 s</source>
            <translation>%1 წმ</translation>
        </message>
        <message>
            <source>%1 ms</source>
            <translation>%1 მწმ</translation>
        </message>
        <message numerus="yes">
            <source>%n time(s)</source>
            <translation>
                <numerusform>%n-ჯერ</numerusform>
                <numerusform>%n-ჯერ</numerusform>
            </translation>
        </message>
        <message>
            <source>Nothing measured yet</source>
            <translation>ჯერ არაფერი გაზომილა</translation>
        </message>
        <message>
            <source>half %1 · 95 % %2 · 99 % %3</source>
            <translation>ნახევარი %1 · 95 % %2 · 99 % %3</translation>
        </message>
    </context>
    <context>
        <name>LogCard</name>
        <message>
            <source>Log</source>
            <translation>ჟურნალი</translation>
        </message>
        <message>
            <source>Without the texts of messages, without names and passwords.</source>
            <translation>შეტყობინებების ტექსტების, სახელებისა და პაროლების გარეშე.</translation>
        </message>
        <message>
            <source>Nothing was logged yet.</source>
            <translation>ჯერ არაფერი ჩაწერილა.</translation>
        </message>
        <message>
            <source>Copy log and figures</source>
            <translation>ჟურნალისა და მაჩვენებლების კოპირება</translation>
        </message>
    </context>
    <context>
        <name>SkeinStory</name>
        <message>
            <source>Something that was sent</source>
            <translation>რაღაც, რაც გაიგზავნა</translation>
        </message>
        <message>
            <source>Message</source>
            <translation>შეტყობინება</translation>
        </message>
        <message>
            <source>Edit of a message</source>
            <translation>შეტყობინების შესწორება</translation>
        </message>
        <message>
            <source>Deletion of a message</source>
            <translation>შეტყობინების წაშლა</translation>
        </message>
        <message>
            <source>Reaction</source>
            <translation>რეაქცია</translation>
        </message>
        <message>
            <source>Pin</source>
            <translation>მიმაგრება</translation>
        </message>
        <message>
            <source>Change of a member</source>
            <translation>წევრის ცვლილება</translation>
        </message>
        <message>
            <source>Change of a conversation</source>
            <translation>საუბრის ცვლილება</translation>
        </message>
        <message>
            <source>New conversation</source>
            <translation>ახალი საუბარი</translation>
        </message>
        <message>
            <source>This device knows nothing of this id. Only what was written on this device, with this account, has a history here.</source>
            <translation>ამ მოწყობილობამ ეს იდენტიფიკატორი არ იცის. აქ ისტორია მხოლოდ იმას აქვს, რაც ამ მოწყობილობაზე, ამ ანგარიშით დაიწერა.</translation>
        </message>
        <message>
            <source>Kept on this device and waiting. Before it go: %1.</source>
            <translation>ინახება ამ მოწყობილობაზე და ელოდება. მანამდე გაიგზავნება: %1.</translation>
        </message>
        <message>
            <source>Kept on this device, next to be sent or on its way.</source>
            <translation>ინახება ამ მოწყობილობაზე, მისი ჯერია ან უკვე გზაშია.</translation>
        </message>
        <message>
            <source>Kept on this device. It waits behind a message that could not be sent: retry or discard that one.</source>
            <translation>ინახება ამ მოწყობილობაზე. ელოდება შეტყობინებას, რომელიც ვერ გაიგზავნა: ის ხელახლა გაგზავნეთ ან გააუქმეთ.</translation>
        </message>
        <message>
            <source>Not sent. It waits for you to retry or discard it.</source>
            <translation>ვერ გაიგზავნა. ელოდება, რომ ხელახლა გაგზავნოთ ან გააუქმოთ.</translation>
        </message>
        <message>
            <source>Refused and taken back.</source>
            <translation>უარყოფილია და უკან დაბრუნდა.</translation>
        </message>
        <message>
            <source>Stored at the server and read by somebody.</source>
            <translation>შენახულია სერვერზე და ვიღაცამ წაიკითხა.</translation>
        </message>
        <message>
            <source>Stored at the server and delivered to somebody.</source>
            <translation>შენახულია სერვერზე და ვიღაცას მიუვიდა.</translation>
        </message>
        <message>
            <source>Stored at the server.</source>
            <translation>შენახულია სერვერზე.</translation>
        </message>
        <message>
            <source>Discarded on this device.</source>
            <translation>გაუქმებულია ამ მოწყობილობაზე.</translation>
        </message>
        <message>
            <source>Became part of its message before that was sent.</source>
            <translation>თავისი შეტყობინების ნაწილი გახდა, სანამ ის გაიგზავნებოდა.</translation>
        </message>
        <message>
            <source>It was here once and is gone: its conversation was left or reset.</source>
            <translation>აქ იყო და აღარ არის: საუბარი დატოვეს ან თავიდან დაიწყო.</translation>
        </message>
        <message>
            <source>The program was started</source>
            <translation>პროგრამა გაეშვა</translation>
        </message>
        <message>
            <source>Connected</source>
            <translation>დაკავშირდა</translation>
        </message>
        <message>
            <source>Disconnected</source>
            <translation>კავშირი გაწყდა</translation>
        </message>
        <message>
            <source>Written and kept on this device</source>
            <translation>დაიწერა და შეინახა ამ მოწყობილობაზე</translation>
        </message>
        <message>
            <source>Sent again (%1)</source>
            <translation>ხელახლა გაიგზავნა (%1)</translation>
        </message>
        <message>
            <source>Sent</source>
            <translation>გაიგზავნა</translation>
        </message>
        <message>
            <source>The connection ended before an answer came: the server may have it</source>
            <translation>კავშირი პასუხამდე გაწყდა: სერვერს შეიძლება უკვე აქვს</translation>
        </message>
        <message>
            <source>No answer came in time: the server may have it</source>
            <translation>პასუხი დროულად არ მოვიდა: სერვერს შეიძლება უკვე აქვს</translation>
        </message>
        <message>
            <source>The server is saving it</source>
            <translation>სერვერი ინახავს</translation>
        </message>
        <message>
            <source>Not accepted now, goes again by itself</source>
            <translation>ახლა არ მიიღეს, თავისით ხელახლა გაიგზავნება</translation>
        </message>
        <message>
            <source>Confirmed by the server</source>
            <translation>სერვერმა დაადასტურა</translation>
        </message>
        <message>
            <source>Confirmed by the server as number %1</source>
            <translation>სერვერმა დაადასტურა, ნომერი %1</translation>
        </message>
        <message>
            <source>Confirmed by the server as number %1, which had it already: stored once</source>
            <translation>სერვერმა დაადასტურა, ნომერი %1, უკვე ჰქონდა: შენახულია ერთხელ</translation>
        </message>
        <message>
            <source>Came back in the conversation as number %1</source>
            <translation>საუბარში დაბრუნდა, ნომერი %1</translation>
        </message>
        <message>
            <source>Refused for good</source>
            <translation>საბოლოოდ უარყოფილია</translation>
        </message>
        <message>
            <source>Retried by you</source>
            <translation>თქვენ ხელახლა გაგზავნეთ</translation>
        </message>
        <message>
            <source>Edited by you before it was sent</source>
            <translation>თქვენ შეასწორეთ გაგზავნამდე</translation>
        </message>
        <message>
            <source>Discarded</source>
            <translation>გაუქმდა</translation>
        </message>
        <message>
            <source>Became part of its message</source>
            <translation>თავისი შეტყობინების ნაწილი გახდა</translation>
        </message>
        <message>
            <source>Delivered to somebody</source>
            <translation>ვიღაცას მიუვიდა</translation>
        </message>
        <message>
            <source>Read by somebody</source>
            <translation>ვიღაცამ წაიკითხა</translation>
        </message>
        <message>
            <source>%1, with a history of its own: %2</source>
            <translation>%1, საკუთარი ისტორიით: %2</translation>
        </message>
        <message>
            <source>Send to confirmed</source>
            <translation>გაგზავნიდან დადასტურებამდე</translation>
        </message>
        <message>
            <source>Connecting</source>
            <translation>დაკავშირება</translation>
        </message>
        <message>
            <source>Catching up</source>
            <translation>ჩამორჩენის ანაზღაურება</translation>
        </message>
        <message>
            <source>Keeping on disk</source>
            <translation>დისკზე შენახვა</translation>
        </message>
        <message>
            <source>Waiting to be sent</source>
            <translation>ელოდება გაგზავნას</translation>
        </message>
        <message>
            <source>On the way</source>
            <translation>გზაშია</translation>
        </message>
        <message>
            <source>Failed</source>
            <translation>ვერ გაიგზავნა</translation>
        </message>
        <message>
            <source>Reconnects</source>
            <translation>ხელახალი დაკავშირება</translation>
        </message>
        <message>
            <source>Unreadable frames</source>
            <translation>წაუკითხავი კადრები</translation>
        </message>
        <message>
            <source>Disk errors</source>
            <translation>დისკის შეცდომები</translation>
        </message>
    </context>
    <context>
        <name>StateCard</name>
        <message>
            <source>Connection</source>
            <translation>კავშირი</translation>
        </message>
        <message numerus="yes">
            <source>Next attempt in %n second(s).</source>
            <translation>
                <numerusform>შემდეგი ცდა %n წამში.</numerusform>
                <numerusform>შემდეგი ცდა %n წამში.</numerusform>
            </translation>
        </message>
        <message>
            <source>Retry now</source>
            <translation>ახლავე სცადეთ</translation>
        </message>
        <message numerus="yes">
            <source>Slowed down: the queue goes on in %n second(s).</source>
            <translation>
                <numerusform>შენელებულია: რიგი %n წამში გაგრძელდება.</numerusform>
                <numerusform>შენელებულია: რიგი %n წამში გაგრძელდება.</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>StoryCard</name>
        <message>
            <source>What happened to a message?</source>
            <translation>რა მოუვიდა შეტყობინებას?</translation>
        </message>
        <message>
            <source>Id of the message</source>
            <translation>შეტყობინების იდენტიფიკატორი</translation>
        </message>
        <message>
            <source>Paste the id of a message</source>
            <translation>ჩასვით შეტყობინების იდენტიფიკატორი</translation>
        </message>
        <message>
            <source>Look up</source>
            <translation>მოძებნა</translation>
        </message>
    </context>
</TS>
