import { defineScreens, type KeysOf, type ScreenGiven } from '../../kiosk/contract/screens.ts';
import { Answer, Choice, Choices, Fault, HeldValues, Lines, Pictured, Question, Waiting } from '../../kiosk/screen/parts/index.ts';
import type texts from '../../locales/en/smart-id.json';
import type { SmartIdView } from './schema.ts';

type Texts = KeysOf<typeof texts>;
type T = ScreenGiven<Texts>['t'];

const words = (t: T, fault: NonNullable<SmartIdView['fault']>) => ({
  happened: t(`fault.${fault}.happened`),
  safe: t(`fault.${fault}.safe`),
  next: t(`fault.${fault}.next`),
  helps: t('staff'),
  reference: t(`fault.${fault}.reference`),
});

export const screens = defineScreens<SmartIdView, Texts>({
  'waiting-for-card': ({ fault, t, act }) =>
    fault ? (
      <Fault words={words(t, fault)} back={act('BACK')} />
    ) : (
      <Question title={t('insert.title')} back={act('BACK')}>
        <Pictured direction="in">
          <Lines
            lines={[
              { icon: 'cpu', text: t('insert.chip') },
              { icon: 'info', text: t('insert.light') },
            ]}
          />
        </Pictured>
      </Question>
    ),

  reading: ({ t }) => (
    <Waiting title={t('reading.title')}>
      <Lines
        lines={[
          { icon: 'hand', text: t('reading.stay') },
          { icon: 'info', text: t('insert.light') },
        ]}
      />
      <div class="notice edge">
        <p class="lead">{t('care.title')}</p>
        <div class="pairs">
          {(['holder', 'bend', 'magnet', 'keys', 'scratch', 'detach'] as const).map((care) => (
            <p key={care}>{t(`care.${care}`)}</p>
          ))}
        </div>
      </div>
    </Waiting>
  ),

  'card-problem': ({ fault, t, act }) => (
    <Fault
      words={words(t, fault ?? 'unreadable')}
      back={act('BACK')}
      main={{ act: act('TRY_AGAIN'), label: t('tryAgain'), icon: 'refresh-cw' }}
    />
  ),

  showing: ({ rows, t, act }) => (
    <Question
      title={t('showing.title')}
      hint={t('showing.hold')}
      back={act('BACK')}
      answers={
        <>
          <Answer act={act('SOMETHING_WRONG')} icon="x" label={t('showing.wrong')} />
          <Answer act={act('ALL_CORRECT')} icon="check" label={t('showing.correct')} />
        </>
      }
    >
      <HeldValues rows={rows.map(({ field, masked }) => ({ field, label: t(`field.${field}`), masked }))} />
    </Question>
  ),

  'choosing-wrong-field': ({ rows, t, act }) => (
    <Question title={t('wrong.title')} hint={t('wrong.next')} back={act('BACK')}>
      <Choices>
        {rows.map(({ field }) => (
          <Choice key={field} act={act('CHOOSE_WRONG_FIELD', { field })} label={t(`field.${field}`)} />
        ))}
      </Choices>
    </Question>
  ),

  keeping: ({ t }) => (
    <Waiting title={t('keeping.title')}>
      <p>{t('keeping.stay')}</p>
    </Waiting>
  ),

  'looking-it-up': ({ t }) => (
    <Waiting title={t('lookingUp.title')}>
      <p>{t('keeping.stay')}</p>
    </Waiting>
  ),

  'not-known-yet': ({ t, act }) => (
    <Fault
      words={{ happened: t('notKnown.happened'), safe: t('notKnown.safe'), next: t('notKnown.next'), helps: t('staff') }}
      main={{ act: act('ASK_AGAIN'), label: t('notKnown.again'), icon: 'refresh-cw' }}
    />
  ),

  'not-kept': ({ t, act }) => (
    <Fault
      words={{ happened: t('notKept.happened'), safe: t('notKept.safe'), next: t('notKept.next'), helps: t('staff') }}
      back={act('BACK')}
    />
  ),
});
