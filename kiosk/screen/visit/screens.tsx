import { formatDate } from '../../../flows/shared/format.ts';
import type visitTexts from '../../../locales/en/visit.json';
import type { Act, KeysOf, ScreenGiven } from '../../contract/screens.ts';
import type { VisitScreen, VisitViews } from '../../contract/visit-views.ts';
import { useFrame } from '../parts/frame-context.ts';
import { Answer, BigNumber, Choice, Choices, Lines, Notice, Pictured, Question, Waiting } from '../parts/index.ts';
import { Attract } from './attract.tsx';

/** One of the site's statements, in paragraphs; links in it are plain words (SH-03). */
function Statement(given: { document: VisitViews['reading']['document']; text: string; close: Act; closeLabel: string }) {
  const { t } = useFrame();
  return (
    <Question title={t(given.document)} main={{ act: given.close, label: given.closeLabel, icon: 'x' }}>
      {given.text.split('\n').map((paragraph) => (
        <p key={paragraph} class="statement">
          {paragraph}
        </p>
      ))}
    </Question>
  );
}

type Given<S extends VisitScreen> = VisitViews[S] & ScreenGiven<KeysOf<typeof visitTexts>> & FlowTitles;

/** The frame's own screens may say the names of flows. */
export interface FlowTitles {
  readonly flowTitle: (flow: string, lang?: ScreenGiven['lang']) => string;
}

type VisitScreens = { readonly [S in VisitScreen]: (given: Given<S>) => preact.ComponentChildren };

/** A date stays on one line. */
const unbroken = (date: string) => [...date.replaceAll(' ', '\u00a0')].join('\u2060');

const paperAnswered = { printed: 'circle-check', taken: 'circle-check', waits: 'lock', 'written-down': 'circle-check' } as const;

/** The visit's own screens: everything around the flows. */
export const screens: VisitScreens = {
  attract: ({ tiles, cardLeft, paused }) => <Attract tiles={tiles} cardLeft={cardLeft} paused={paused} />,

  menu: ({ tiles, cardIn, cardFault, paused, t, act, flowTitle }) => (
    <Question title={t('menu.title')}>
      {paused && <Notice>{t(`attract.paused.${paused}`)}</Notice>}
      {cardFault && <Notice>{t(`cardFault.${cardFault}`)}</Notice>}
      {cardIn && !cardFault && <Notice>{t('menu.cardIn')}</Notice>}
      <Choices>
        {tiles.map(({ flow, icon }) => (
          <Choice key={flow} act={act('CHOOSE_FLOW', { flow })} icon={icon} label={flowTitle(flow)} />
        ))}
      </Choices>
    </Question>
  ),

  'still-there': ({ t, act }) => (
    <Question title={t('stillThere.title')} answers={<Answer strong act={act('HERE')} icon="hand" label={t('stillThere.here')} />}>
      <Lines
        lines={[
          { icon: 'shield-check', text: t('stillThere.hidden') },
          { icon: 'clock', text: t('stillThere.otherwise') },
        ]}
      />
    </Question>
  ),

  'card-out': ({ checking, t }) =>
    checking ? (
      <Waiting title={t('cardOut.checking')}>
        <p>{t('cardOut.moment')}</p>
      </Waiting>
    ) : (
      <Question title={t('cardOut.title')}>
        <Pictured direction="in">
          <Lines lines={[{ icon: 'shield-check', text: t('cardOut.safe') }]} />
        </Pictured>
      </Question>
    ),

  'leave-question': ({ receiptPending, t, act }) => (
    <Question
      title={t('leaveQuestion.title')}
      answers={
        <>
          <Answer act={act('LEAVE_NOW')} icon="log-out" label={t('leaveQuestion.leave')} />
          <Answer act={act('STAY')} icon="arrow-right" label={receiptPending ? t('leaveQuestion.stayForSlip') : t('leaveQuestion.stay')} />
        </>
      }
    >
      <p>{receiptPending ? t('leaveQuestion.receiptPending') : t('leaveQuestion.lost')}</p>
    </Question>
  ),

  reading: ({ document, t, act }) => (
    <Statement document={document} text={t(`reading.${document}`)} close={act('CLOSE')} closeLabel={t('reading.close')} />
  ),

  help: ({ place, phone, t, act }) => (
    <Question title={t('help.title')} main={{ act: act('CLOSE'), label: t('help.close'), icon: 'arrow-left' }}>
      <p>{t('help.place')}</p>
      <Lines lines={[{ icon: 'map-pin', text: place }]} />
      <p>{t('help.phone')}</p>
      <Lines lines={[{ icon: 'phone', text: phone }]} />
      <p>{t('help.safe')}</p>
    </Question>
  ),

  'take-card': ({ number, alerted, t }) => (
    <Question title={t('takeCard.title')}>
      {alerted && <Notice>{t('takeCard.alerted')}</Notice>}
      <Pictured direction="out">
        <Lines
          lines={[
            { icon: 'circle-check', text: t('takeCard.written') },
            { icon: 'printer', text: t('takeCard.then') },
          ]}
        />
        <BigNumber label={t('number')} value={number} />
      </Pictured>
    </Question>
  ),

  printing: ({ number, t }) => (
    <Waiting title={t('printing.title')}>
      <p>{t('printing.wait')}</p>
      <BigNumber label={t('number')} value={number} />
    </Waiting>
  ),

  'paper-problem': ({ number, why, waitingForStaff, t, act }) => (
    <Question
      title={t('paperProblem.title')}
      answers={
        <>
          <Answer act={act('WROTE_DOWN')} icon="check" label={t('paperProblem.wroteDown')} />
          {!waitingForStaff && <Answer act={act('WAIT_FOR_STAFF')} icon="user-round" label={t('paperProblem.waitForStaff')} />}
        </>
      }
    >
      <BigNumber label={t('number')} value={number} />
      <Lines
        lines={[
          { icon: 'info', text: t(`paperProblem.${why}`) },
          { icon: 'shield-check', text: t('paperProblem.safe') },
          { icon: 'arrow-right', text: waitingForStaff ? t('paperProblem.waiting') : t('paperProblem.next') },
        ]}
      />
    </Question>
  ),

  'paper-question': ({ number, t, act }) => (
    <Question
      title={t('paperQuestion.title')}
      answers={
        <>
          <Answer act={act('NO_PAPER')} icon="x" label={t('paperQuestion.no')} />
          <Answer act={act('GOT_PAPER')} icon="check" label={t('paperQuestion.yes')} />
        </>
      }
    >
      <p>{t('paperQuestion.why')}</p>
      <BigNumber label={t('number')} value={number} />
    </Question>
  ),

  done: ({ number, paper, kept, lang, t, act }) => (
    <Question title={t('done.title')} main={{ act: act('FINISH'), label: t('done.finish'), icon: 'check' }}>
      <Lines
        lines={[
          { icon: paperAnswered[paper], text: t(`done.${paper}`) },
          { icon: 'shield-check', text: t('done.forgotten') },
        ]}
      />
      <BigNumber label={t('number')} value={number} />
      {kept.length > 0 && (
        <div class="notice edge">
          <p class="lead">{t('done.keeps')}</p>
          <ul class="lines">
            {kept.map(({ what, until }) => (
              <li key={what}>{t(`done.kept.${what}`, { until: unbroken(formatDate(until, lang, 'short')) })}</li>
            ))}
          </ul>
        </div>
      )}
    </Question>
  ),

  goodbye: ({ why, t }) => (
    <Question title={t('goodbye.title')}>
      <Lines
        lines={[
          { icon: 'info', text: t(`goodbye.${why}`) },
          { icon: 'shield-check', text: t('goodbye.forgotten') },
        ]}
      />
    </Question>
  ),
};
